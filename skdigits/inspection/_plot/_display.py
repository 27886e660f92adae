"""What all displays are, and those of reports."""

from skdigits.inspection._plot._drawing import axes_for
from skdigits.inspection._report import Report


class Display:
    """Data and how to draw them: subclasses have `figsize` and `_draw`.

    Those that are drawn with options have a `plot` of their own.
    """

    # axes side by side
    _n_parts = 1

    def plot(self, *, ax=None):
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes, default=None
            Where to draw, in two parts if there are two; None makes a figure.

        Returns
        -------
        self : display
        """
        self.figure_, self.ax_ = axes_for(ax, self.figsize(), self._n_parts)
        self._draw()
        return self


class ReportDisplay(Display):
    """A display of an `ErrorReport`; subclasses have `from_report` too."""

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None, **options):
        """Let a fitted classifier answer, and draw.

        Parameters
        ----------
        estimator : classifier
            Fitted; also a pipeline or a search.

        X : array-like of shape (n, n_features), (n, height, width) or \
                (n, height, width, 1)
            What it takes.

        y : array-like of shape (n,)
            True labels.

        ax : matplotlib axes, default=None
            Where to draw; None makes a figure.

        **options : dict
            Passed to `from_report`.

        Returns
        -------
        display
        """
        report = Report.from_estimator(estimator, X, y)
        return cls.from_report(report, ax=ax, **options)

    @classmethod
    def from_predictions(
        cls,
        y_true,
        y_pred=None,
        y_proba=None,
        X=None,
        *,
        labels=None,
        ax=None,
        **options,
    ):
        """Draw answers that are there already.

        Parameters
        ----------
        y_true, y_pred, y_proba, X, labels
            As in `ErrorReport.from_predictions`.

        ax : matplotlib axes, default=None
            Where to draw; None makes a figure.

        **options : dict
            Passed to `from_report`.

        Returns
        -------
        display
        """
        report = Report.from_predictions(y_true, y_pred, y_proba, X, labels=labels)
        return cls.from_report(report, ax=ax, **options)
