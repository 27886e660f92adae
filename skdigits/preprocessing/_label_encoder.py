"""OneHotLabelEncoder."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skdigits._validation import as_labels, encode_labels, one_hot


class OneHotLabelEncoder(  # type: ignore[call-arg]
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Turn labels into one-hot rows, and one-hot rows or probabilities into labels.

    It transforms targets ``y``, not ``X``, so it cannot be a step of a pipeline.
    `skdigits.DigitCNN` encodes its labels itself.

    Parameters
    ----------
    classes : array-like of shape (n_classes,), default=None
        The labels, in the order of the columns; needed if there are more than those
        passed to `fit`. None uses the labels passed to `fit`: sorted if they can be
        sorted, and otherwise in order of first appearance.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The label of each column.

    See Also
    --------
    sklearn.preprocessing.LabelBinarizer : Has one column instead of two if there are
        two classes.

    Examples
    --------
    >>> from skdigits.preprocessing import OneHotLabelEncoder
    >>> encoder = OneHotLabelEncoder()
    >>> encoder.fit_transform(["seven", "one", "seven"])
    array([[0., 1.],
           [1., 0.],
           [0., 1.]], dtype=float32)
    >>> encoder.inverse_transform([[0.9, 0.1], [0.2, 0.8]])
    array(['one', 'seven'], dtype='<U5')
    """

    def __init__(self, classes: ArrayLike | None = None) -> None:
        self.classes = classes

    def fit(self, y: ArrayLike) -> Self:
        """Learn the labels.

        Parameters
        ----------
        y : array-like of shape (n,)
            Labels: integers, strings or any other hashable values. Floats must be
            whole numbers.

        Returns
        -------
        self : OneHotLabelEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If a label is missing, cannot be hashed, or is not among ``classes``, or if
            ``classes`` contains a label twice.
        """
        classes = self.classes
        if classes is not None:
            classes = as_labels(classes, "classes")
            if len(set(classes.tolist())) < len(classes):
                raise ValueError(
                    f"Got classes={classes.tolist()}, but expected each label once. "
                    "Drop the repeated ones."
                )
        self.classes_, _ = encode_labels(as_labels(y), classes)
        return self

    def transform(self, y: ArrayLike) -> NDArray[np.float32]:
        """Return labels as one-hot rows.

        Parameters
        ----------
        y : array-like of shape (n,)
            Labels.

        Returns
        -------
        rows : ndarray of shape (n, n_classes), dtype float32
            1 in the column of the label, 0 in the others.

        Raises
        ------
        ValueError
            If a label is unknown.
        """
        check_is_fitted(self)
        _, codes = encode_labels(as_labels(y), self.classes_)
        return one_hot(codes, len(self.classes_))

    def fit_transform(self, y: ArrayLike) -> NDArray[np.float32]:
        """Learn the labels and return them as one-hot rows.

        Parameters
        ----------
        y : array-like of shape (n,)
            Labels.

        Returns
        -------
        rows : ndarray of shape (n, n_classes), dtype float32
            1 in the column of the label, 0 in the others.
        """
        return self.fit(y).transform(y)

    def inverse_transform(self, Y: ArrayLike) -> NDArray[Any]:
        """Return the label with the largest value in each row.

        Parameters
        ----------
        Y : array-like of shape (n, n_classes)
            One-hot rows, or probabilities.

        Returns
        -------
        y : ndarray of shape (n,), dtype of the labels of `fit`
            The labels.

        Raises
        ------
        ValueError
            If Y does not have one column for each class.
        """
        check_is_fitted(self)
        Y = np.asarray(Y)
        if Y.ndim != 2 or Y.shape[1] != len(self.classes_):
            raise ValueError(
                f"Got Y of shape {Y.shape}, but expected a column for each of the "
                f"{len(self.classes_)} classes. Pass one-hot rows or probabilities."
            )
        return self.classes_[Y.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.one_d_labels = True
        return tags
