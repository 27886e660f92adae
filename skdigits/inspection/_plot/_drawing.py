"""What the displays share: axes, colours, and the way from a report to a picture."""

from skdigits.inspection._report import Report

# Two of the colours of Okabe and Ito, which colour-blind people tell apart, in a
# shade for light and one for dark backgrounds.
_LIGHT = {"main": "#0072B2", "accent": "#D55E00", "muted": "#6B6B6B"}
_DARK = {"main": "#56B4E9", "accent": "#F5A04C", "muted": "#A6A6A6"}


class ReportDisplay:
    """A display of an `ErrorReport`; subclasses have `from_report` and `plot`."""

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


def axes_for(ax, figsize):
    """Return figure and axes: those given, or new ones of a size in inches."""
    if ax is not None:
        return ax.figure, ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=figsize, layout="constrained")


def split_axes(ax, n_columns, figsize):
    """Return a figure and axes side by side, in place of the axes given."""
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.subplots(1, n_columns, figsize=figsize, layout="constrained")
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "Got axes that are no subplot, but expected some that can be split. Make "
            "them with plt.subplots."
        )
    ax.set_axis_off()
    parts = place.subgridspec(1, n_columns).subplots()
    return ax.figure, parts


def legend_below(ax):
    """Put the legend half an inch below the axes, where it hides nothing."""
    from matplotlib.transforms import ScaledTranslation

    below = ScaledTranslation(0, -0.5, ax.figure.dpi_scale_trans)
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0),
        bbox_transform=ax.transAxes + below,
        ncols=2,
        frameon=False,
    )


def colours(ax):
    """Return the colours that can be told from the background of the axes."""
    return _DARK if has_dark_background(ax) else _LIGHT


def has_dark_background(ax):
    """Tell whether the axes are dark, as in the style ``dark_background``."""
    return is_dark(ax.get_facecolor())


def is_dark(colour):
    """Tell whether white stands out from a colour more than black does.

    By the contrast ratio of the Web Content Accessibility Guidelines 2.1.
    """
    from matplotlib.colors import to_rgb

    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(colour)
    ]
    luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05
