"""scikit-learn's common tests, with a ledger of what they cannot ask of us."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skdigits import DigitCNN
from skdigits.preprocessing import ImageReshaper, PixelScaler

LEDGER = {
    "DigitCNN": {
        "check_sample_weight_equivalence_on_dense_data": (
            "Training goes by random batches: a row of weight two meets one batch, a "
            "row that is there twice meets two."
        )
    },
}


@parametrize_with_checks(
    [DigitCNN(), PixelScaler(), ImageReshaper()],
    expected_failed_checks=lambda estimator: LEDGER.get(type(estimator).__name__, {}),
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def test_ledger_has_at_most_one_entry_for_the_classifier():
    assert len(LEDGER["DigitCNN"]) <= 1
