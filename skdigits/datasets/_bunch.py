"""The Bunch that the loaders return."""

from sklearn.utils import Bunch


def make_bunch(images, target, *, return_X_y, as_frame, **others):
    """Put images (n, height, width) and labels (n,) in scikit-learn's usual form.

    ``others`` are what else the Bunch has.
    """
    n, height, width = images.shape
    data = images.reshape(n, height * width)
    names = [
        f"pixel_{row}_{column}" for row in range(height) for column in range(width)
    ]
    frame = None
    if as_frame:
        import pandas as pd

        data = pd.DataFrame(data, columns=names)
        target = pd.Series(target, name="target")
        frame = pd.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        images=images,
        frame=frame,
        feature_names=names,
        **others,
    )
