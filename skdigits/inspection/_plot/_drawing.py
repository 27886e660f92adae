"""What is drawn in the same way by several displays."""

import numpy as np

# Two of the colours of Okabe and Ito, which colour-blind people tell apart, in a
# shade for light and one for dark backgrounds.
_LIGHT = {"main": "#0072B2", "accent": "#D55E00", "muted": "#6B6B6B"}
_DARK = {"main": "#56B4E9", "accent": "#F5A04C", "muted": "#A6A6A6"}


def axes_for(ax, figsize, n_parts=1):
    """Return figure and axes: those given, or new ones of a size in inches.

    Several parts are drawn side by side, and replace the given axes.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.subplots(1, n_parts, figsize=figsize, layout="constrained")
    if n_parts == 1:
        return ax.figure, ax
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(
            "Got axes that are not a subplot, but expected axes that can be split. "
            "Make them with plt.subplots."
        )
    ax.set_axis_off()
    return ax.figure, place.subgridspec(1, n_parts).subplots()


def error_bars(table, name):
    """Return a column, and its interval's distance to both sides, of shape (2, n)."""
    value, low, high = (
        table[column].to_numpy() for column in (name, f"{name}_low", f"{name}_high")
    )
    # rounding can put a bound beyond the value itself
    return value, np.maximum([value - low, high - value], 0)


def legend_below(ax):
    """Put the legend half an inch below the axes, so that it hides nothing."""
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
    """Return colours that can be distinguished from the background of the axes."""
    return _DARK if has_dark_background(ax) else _LIGHT


def has_dark_background(ax):
    """Return whether the axes are dark, as in the style ``dark_background``."""
    return is_dark(ax.get_facecolor())


def is_dark(colour):
    """Return whether white stands out from a colour more than black does.

    By the contrast ratio of the Web Content Accessibility Guidelines 2.1.
    """
    from matplotlib.colors import to_rgb

    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05
