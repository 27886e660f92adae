"""What a saved model accepts: whether it normalizes images, and its labels."""

import skdigits


def whether_to_normalize(normalize, classifier, normalizes, card):
    """Return the ``normalize`` of `find_source` for the user's images.

    ``normalizes`` says whether the model does so itself; its ``card`` whether it was
    trained with ``--no-normalize``.
    """
    if card.get("normalize") is False:
        if normalize:
            raise ValueError(
                "Got --normalize for a model that was trained with --no-normalize, but "
                "expected images prepared in the same way. Leave the option out."
            )
        return False
    if normalizes and normalize is False:
        raise ValueError(
            "Got --no-normalize for a model that brings images into MNIST format "
            "itself, but expected another model. Leave the option out."
        )
    if normalize is not None or normalizes:
        return normalize or normalizes
    return None if classifier.image_shape_ == skdigits.datasets.MNIST_SHAPE else False


def as_known(target, labels):
    """Return the true labels as the model has them, or raise a ValueError."""
    import numpy as np

    if labels.dtype.kind == "U":
        # folders 0 to 9 are integers, which the model may have as strings
        target = target.astype(str)
    unknown = np.setdiff1d(target, labels).tolist()
    if unknown:
        # beside a folder named by a word, numbers are strings too
        known = set(map(str, labels.tolist()))
        unknown = [label for label in unknown if str(label) not in known] or unknown
        raise ValueError(
            f"Got images labelled {unknown[0]!r}, but expected only the labels of "
            f"the model, {labels.tolist()}. Pass other data."
        )
    return target
