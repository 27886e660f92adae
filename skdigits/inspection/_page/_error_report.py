"""ErrorReport: the report with its page."""

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path

from skdigits._files import write_files
from skdigits.inspection._numbers import html_of
from skdigits.inspection._page._content import draw_display
from skdigits.inspection._page._page_files import report_writers
from skdigits.inspection._page._render import page
from skdigits.inspection._plot._confusion import ConfusionHeatmapDisplay
from skdigits.inspection._report import Report
from skdigits.inspection._summary import confusion_sentence

# The drawing of more classes takes too long to be worth the wait in a notebook.
_MOST_DRAWN = 100


@dataclass(frozen=True, eq=False, repr=False)
class ErrorReport(Report):
    """Error analysis of a classifier: its mistakes, with intervals and tests.

    Create it with `from_estimator` or `from_predictions`. It works for any classifier,
    any labels and any number of classes.

    Parameters
    ----------
    labels : ndarray of shape (n_labels,)
        All labels.

    true : ndarray of shape (n,), dtype int64
        The true label of each row, as an index into ``labels``.

    predicted : ndarray of shape (n,), dtype int64
        The predicted label of each row, as an index into ``labels``.

    y_proba : ndarray of shape (n, n_labels), dtype float64, default=None
        The probability of each label.

    images : ndarray of shape (n, height, width) or (n, height, width, 3), default=None
        The images.

    See Also
    --------
    suspicious_labels : Find rows whose label may be wrong.
    repeat_over_seeds : Show whether the same classes are hard with other seeds.

    Notes
    -----
    Intervals are 95 % Wilson intervals [1]_. `recall_tests` uses Fisher's exact test
    [2]_ and Holm's correction [3]_. The calibration error is as in [4]_, and the
    risk-coverage curve as in [5]_. The intervals and the tests account for
    chance in the choice of the rows: they describe the same fitted classifier on other
    rows of the same kind. `repeat_over_seeds` shows the effect of chance in training.

    References
    ----------
    .. [1] E. B. Wilson. "Probable inference, the law of succession, and statistical
       inference." Journal of the American Statistical Association 22 (1927).
    .. [2] R. A. Fisher. "The logic of inductive inference." Journal of the Royal
       Statistical Society 98 (1935).
    .. [3] S. Holm. "A simple sequentially rejective multiple test procedure."
       Scandinavian Journal of Statistics 6 (1979).
    .. [4] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. "On calibration of modern
       neural networks." ICML (2017).
    .. [5] R. El-Yaniv, Y. Wiener. "On the foundations of noise-free selective
       classification." Journal of Machine Learning Research 11 (2010).

    Examples
    --------
    >>> from skdigits.inspection import ErrorReport
    >>> y_true = ["one"] * 40 + ["seven"] * 40
    >>> y_pred = ["one"] * 40 + ["one"] * 8 + ["seven"] * 32
    >>> report = ErrorReport.from_predictions(y_true, y_pred)
    >>> report.accuracy
    0.9
    >>> report.per_class["recall"].to_dict()
    {'one': 1.0, 'seven': 0.8}
    >>> report.hardest().index.tolist()
    ['seven']
    >>> print(report.hardest_in_words(alpha=0.001))
    No class is shown to be harder than all others together by Fisher's exact test \
with Holm's correction at 0.1 % (smallest corrected p = 0.0053); the lowest recall, \
80.00 %, is that of seven.
    """

    def to_html(self, title: str = "Error report", model: str | None = None) -> str:
        """Return the report as one self-contained page.

        Parameters
        ----------
        title : str, default="Error report"
            Heading of the page.

        model : str, default=None
            Name of the classifier, shown on the page.

        Returns
        -------
        page : str
            HTML with the summary, tables, figures and the misclassified images.
        """
        return page(self, title, model)

    def write(
        self,
        folder: str | os.PathLike[str],
        title: str = "Error report",
        model: str | None = None,
    ) -> Path:
        """Write the page to a folder, with its numbers as JSON and CSV.

        Parameters
        ----------
        folder : str or path-like
            Folder to write to, which is created if it does not exist. Existing files of
            the same names are replaced once all new files have been written.

        title : str, default="Error report"
            Heading of the page.

        model : str, default=None
            Name of the classifier, shown on the page.

        Returns
        -------
        path : pathlib.Path
            Path of the page, `index.html`. Beside it are `report.json` and a CSV file
            for each table.

        Raises
        ------
        OSError
            If ``folder`` is a file, or cannot be created or written to.
        """
        path, writers = report_writers(self, folder, title, model)
        # all or none, so a full disk leaves the previous report
        write_files(writers)
        return path

    def _repr_html_(self):
        """What a notebook shows: summary, confusion matrix, table of the classes."""
        return html_of(self.summary(), self.per_class, figure=_heat_map(self))


def _heat_map(report):
    """Return the confusion matrix in HTML, or nothing for very many classes."""
    if len(report.labels) > _MOST_DRAWN:
        return ""
    source = draw_display(ConfusionHeatmapDisplay, report, grey_diagonal=True)
    alt = f"Heat map of the confusion matrix. {confusion_sentence(report)}"
    style = "max-width: 100%; background: white"
    return f'<img src="{source}" alt="{escape(alt)}" style="{style}">\n'
