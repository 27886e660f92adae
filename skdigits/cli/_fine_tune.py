"""``train --from``: train a saved model further, so that it does not forget."""

from dataclasses import replace

import skdigits
from skdigits.cli._console import say
from skdigits.cli._epoch_bar import epoch_bar
from skdigits.cli._given_data import Digits, find_source, mnist_part, split
from skdigits.cli._printed_report import percent
from skdigits.cli._saved_model import as_known, whether_to_normalize
from skdigits.cli._train_and_tune import say_data, training_params

PRETRAINED = "pretrained"

# As in examples/handwriting/plot_fine_tuning.py, which shows why: the known images that
# are mixed in, and how many of them a new one counts for at most.
RECIPE = {"epochs": 10, "batch_size": 32, "learning_rate": 0.001}
N_KNOWN, MAX_WEIGHT = 1000, 5

# Pages with more signs than that; those that are used are at least so visible, and so
# many pixels high.
N_PAGES, WHOLE, LEAST_HEIGHT = 100, 0.99, 14

# A model that gets fewer of them right was trained on something else.
_KNOWS = 0.8


def fine_tuned(console, model, *, data, normalize, label_column, **params):
    """Train a saved model further; print on what, and what it gains and loses.

    Parameters
    ----------
    console : rich.console.Console

    model : str

    data, normalize, label_column
        As for `find_source`.

    **params : dict
        As for `training_params`.

    Returns
    -------
    digits : Digits
        The new ones; those to test on are known ones if the new ones are too few.
    pipeline : sklearn.pipeline.Pipeline
        Fitted. It accepts ``digits``.
    about : dict
        For the model card.
    """
    params = RECIPE | training_params(**params)
    pipeline, normalizer, card = _loaded(model)
    classifier = pipeline[-1]
    wanted = whether_to_normalize(normalize, classifier, normalizer is not None, card)
    if normalizer is None:
        # else what is in MNIST format, as corrections are, is not normalized once more:
        # a few would lose their ink
        normalize = wanted
    digits = _new_digits(classifier, normalizer, model, data, normalize, label_column)
    say_data(console, digits, normalizer is not None or normalize)
    known = _known_digits(pipeline, normalizer, params["random_state"])
    tests = {"New images": digits.test or digits.train}
    if known is None:
        words = "nothing, as no images like those that the model was trained on "
        words += "are available; it may forget some of what it learned"
        if digits.test is None:
            split(*digits.train)  # raises, as there are too few
    else:
        words, tests["Known images"] = known.description, known.test
    say(console, f"Mixed in: {words}.")
    before = {name: pipeline.score(*test) for name, test in tests.items()}
    _fit(console, pipeline, digits.train, known, params)
    after = {name: pipeline.score(*test) for name, test in tests.items()}
    for name in tests:
        was, now = percent(before[name]), percent(after[name])
        say(console, f"{name}: {was} before training, {now} after.")
    n_train = {"New images": len(digits.train[0])}
    n_train["Known images"] = 0 if known is None else len(known.train[0])
    about = {"from": model, "normalize": normalize, "mixed_in": words}
    about |= {"n_train": n_train, "before": before, "after": after}
    normalized = digits.normalized or normalizer is not None
    test = digits.test or known.test
    return replace(digits, test=test, normalized=normalized), pipeline, about


def _loaded(model):
    """Return a saved model as a pipeline without its normalizer, that, and its card."""
    from sklearn.pipeline import Pipeline

    from skdigits._pipeline import begins_with_normalizer
    from skdigits.persistence import load_with_card

    path = skdigits.reading.PRETRAINED if model == PRETRAINED else model
    estimator, card = load_with_card(path)
    if begins_with_normalizer(estimator):
        return estimator[1:], estimator[0], card
    if not hasattr(estimator, "steps"):
        estimator = Pipeline([("cnn", estimator)])
    return estimator, None, card


def _new_digits(classifier, normalizer, model, data, normalize, label_column):
    """Return the `Digits` to learn, as a model accepts them."""
    if data == "auto":
        raise ValueError(
            f"Got --from {model} without new images, but expected some. Pass --data."
        )
    source = find_source(
        data,
        image_shape=classifier.image_shape_,
        normalize=normalize,
        label_column=label_column,
        may_be_few=True,
    )
    return _as_taken(source.load(), classifier, normalizer)


def _as_taken(digits, classifier, normalizer):
    """Return `Digits` with the labels and in the format of a model."""

    shape = classifier.image_shape_
    normalizes = normalizer is not None and digits.train[0].shape[1:] != shape

    def taken(part):
        images, target = part
        if normalizes:
            images = normalizer.transform(images).reshape(-1, *shape)
        return images, as_known(target, classifier.classes_)

    return replace(
        digits,
        train=taken(digits.train),
        test=digits.test and taken(digits.test),
        normalized=digits.normalized or normalizes,
    )


def _known_digits(pipeline, normalizer, seed):
    """Return `Digits` like those that a model has learned from, None without any."""
    classifier = pipeline[-1]
    no_digit = skdigits.reading.NO_DIGIT in classifier.classes_.tolist()
    try:
        if no_digit and classifier.image_shape_ == skdigits.datasets.MNIST_SHAPE:
            known = _drawn(seed)
        else:
            source = find_source("auto", image_shape=classifier.image_shape_)
            known = _sample(source.load(), seed)
        known = _as_taken(known, classifier, normalizer)
    except (OSError, ValueError):  # there are none, or they have other sizes or labels
        return None
    return known if pipeline.score(*known.test) >= _KNOWS else None


def _drawn(seed):
    """Return digits and non-digits like those of the pretrained model.

    Those to test on are of other pages, and of MNIST's test part.
    """
    import numpy as np

    try:
        few = [mnist_part(subset, n_retries=0) for subset in ("train", "test")]
        words = "drawn, and of MNIST"
    except OSError:
        few = [None, None]
        words = "drawn, as MNIST is not on this machine and cannot be downloaded"
    seeds = np.random.default_rng(seed).integers(2**31, size=2)
    parts = [
        skdigits.datasets.make_digit_pages(N_PAGES, digits=its, random_state=int(n))
        for its, n in zip(few, seeds, strict=True)
    ]
    parts = [_some(*_signs_of(pages), seed) for pages in parts]
    return Digits(f"{len(parts[0][0]):,} digits and non-digits, {words}", *parts, True)


def _signs_of(pages):
    """Return the digits and other signs of pages in MNIST format, and their labels."""
    import numpy as np

    from skdigits.handwriting import mnist_format

    kinds = np.full(len(pages.target_names), None, object)
    kinds[:10] = range(10)
    kinds[pages.target_names.index("other")] = skdigits.reading.NO_DIGIT
    images, target = [], []
    for page in zip(pages.boxes, pages.labels, pages.visible, pages.ink, strict=True):
        boxes, labels, visible, ink = page
        for i in np.flatnonzero((visible > WHOLE) & (boxes[:, 3] >= LEAST_HEIGHT)):
            left, top, width, height = boxes[i]
            if kinds[labels[i]] is not None:
                own = ink[top : top + height, left : left + width] == i + 1
                images.append(mnist_format(own.astype(np.float32)))
                target.append(kinds[labels[i]])
    return np.array(images), np.array(target, np.int64)


def _sample(digits, seed):
    parts = [_some(*part, seed) for part in (digits.train, digits.test)]
    return Digits(f"{len(parts[0][0]):,} images of {digits.description}", *parts)


def _some(images, target, seed):
    import numpy as np

    rows = np.random.default_rng(seed).permutation(len(images))[:N_KNOWN]
    return images[rows], target[rows]


def _fit(console, pipeline, new, known, params):
    """Train the classifier, but not the steps before it, on new and known images."""
    import numpy as np

    X, y = new
    parts, weights = [X], np.ones(len(X))
    if known is not None:
        parts.append(known.train[0])
        y = np.concatenate([y, known.train[1]])
        weight = min(MAX_WEIGHT, len(known.train[0]) / len(X))
        weights = np.r_[weight * weights, np.ones(len(known.train[0]))]
    for _, step in pipeline.steps[:-1]:
        parts = [step.transform(part) for part in parts]
    classifier = pipeline[-1].set_params(warm_start=True, **params)
    with epoch_bar(console, classifier):
        classifier.fit(np.concatenate(parts), y, sample_weight=weights)
    classifier.set_params(warm_start=False)
