"""The scores of a search, drawn over one or two of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skdigits._validation import one_line
from skdigits.inspection._numbers import html_of
from skdigits.inspection._plot._drawing import axes_for
from skdigits.inspection._search_scores import laid_out, table_of, values_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from pandas import DataFrame


class SearchResultsDisplay:
    """Scores of a search: a heat map over two parameters, or points over one.

    Create it with `from_estimator` or, from a table of results, with `from_cv_results`.
    Several candidates can have the same values of the drawn parameters, for example if
    more parameters were searched than are drawn. The display then shows the candidate
    that was trained furthest; if there are several of these, it shows the best. If the
    search dropped candidates, the display also shows how far each was trained: scores
    of dropped candidates cannot be compared with those of candidates that were trained
    to the end.

    Parameters
    ----------
    mean : ndarray of shape (n_values,) or (n_rows, n_columns)
        Mean score over the folds; NaN if there is no candidate.

    spread : ndarray of the shape of ``mean``
        Standard deviation of the score over the folds.

    names : list of str
        Names of the parameters; if there are two, that of the rows comes first.

    values : list of list
        The values of each parameter, in the order of ``mean``.

    best : tuple of int, default=None
        The index of the winner in ``mean``.

    resources : ndarray of the shape of ``mean``, default=None
        How far each candidate was trained in a search with successive halving.

    score_name : str, default="score"
        Name of the scores.

    resource_name : str, default="resources"
        Name of the resources.

    Attributes
    ----------
    ax_, figure_ : matplotlib.axes.Axes, matplotlib.figure.Figure
        The axes and figure of the plot.

    See Also
    --------
    skdigits.model_selection.HalvingEpochSearchCV : A search that drops candidates.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skdigits.inspection import SearchResultsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> grid = {"n_neighbors": [1, 3, 9], "weights": ["uniform", "distance"]}
    >>> search = GridSearchCV(KNeighborsClassifier(), grid, cv=2).fit(X, y)
    >>> display = SearchResultsDisplay.from_estimator(search)
    >>> display.names, display.mean.shape
    (['n_neighbors', 'weights'], (3, 2))
    """

    def __init__(
        self,
        mean: NDArray[Any],
        spread: NDArray[Any],
        names: Sequence[str],
        values: Sequence[Sequence[Any]],
        best: tuple[int, ...] | None = None,
        resources: NDArray[Any] | None = None,
        score_name: str = "score",
        resource_name: str = "resources",
    ) -> None:
        self.mean = mean
        self.spread = spread
        self.names = names
        self.values = values
        self.best = best
        self.resources = resources
        self.score_name = score_name
        self.resource_name = resource_name

    @classmethod
    def from_estimator(
        cls,
        search: Any,
        *,
        params: str | Sequence[str] | None = None,
        metric: str | None = None,
        ax: Axes | None = None,
        **plot_params: Any,
    ) -> Self:
        """Draw the results of a fitted search.

        Parameters
        ----------
        search : estimator
            A fitted search of scikit-learn, or another search with the same attributes
            `refit`, `scoring` and `cv_results_`.

        params : str or sequence of str, default=None
            One or two of the searched parameters; None uses those with more than one
            value.

        metric : str, default=None
            Which of several metrics to draw; None uses the one that determined the
            winner.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        SearchResultsDisplay

        Raises
        ------
        ValueError
            If ``search`` is not a fitted search, if the number of parameters to draw is
            not one or two, or if there is no such metric.
        """
        if not hasattr(search, "refit"):
            raise ValueError(
                f"Got search={one_line(repr(search))}, but expected a fitted search, "
                "such as GridSearchCV."
            )
        check_is_fitted(search, "cv_results_")
        several = getattr(search, "multimetric_", False)
        if metric is None:
            metric = search.refit if several and search.refit else "score"
        return cls.from_cv_results(
            search.cv_results_,
            params=params,
            metric=metric,
            best_index=getattr(search, "best_index_", None),
            score_name=metric if several else _score_name(search),
            resource_name=getattr(search, "resource", "epochs").rpartition("__")[2],
            ax=ax,
            **plot_params,
        )

    @classmethod
    def from_cv_results(
        cls,
        cv_results: Mapping[str, ArrayLike] | DataFrame,
        *,
        params: str | Sequence[str] | None = None,
        metric: str = "score",
        best_index: int | None = None,
        score_name: str = "score",
        resource_name: str = "resources",
        ax: Axes | None = None,
        **plot_params: Any,
    ) -> Self:
        """Draw the results from a table.

        Parameters
        ----------
        cv_results : dict of ndarray or DataFrame
            `cv_results_` of a search.

        params : str or sequence of str, default=None
            One or two of the searched parameters; None uses those with more than one
            value.

        metric : str, default="score"
            Which of several metrics to draw.

        best_index : int, default=None
            The row of the winner; None marks no winner.

        score_name : str, default="score"
            Name of the scores.

        resource_name : str, default="resources"
            Name of the resources of successive halving.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        **plot_params : dict
            Passed to `plot`.

        Returns
        -------
        SearchResultsDisplay

        Raises
        ------
        ValueError
            If the number of parameters to draw is not one or two, or if there is no
            such metric.
        """
        display = cls(
            **laid_out(cv_results, params, metric, best_index),
            score_name=score_name,
            resource_name=resource_name,
        )
        return display.plot(ax=ax, **plot_params)

    def plot(
        self,
        *,
        ax: Axes | None = None,
        cmap: str | Colormap = "viridis",
        values_format: str = ".3f",
    ) -> Self:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; None creates a figure.

        cmap : str or matplotlib.colors.Colormap, default="viridis"
            Colour map of the heat map.

        values_format : str, default=".3f"
            Format of the scores in the heat map.

        Returns
        -------
        self : SearchResultsDisplay
            The same display, drawn.
        """
        self.figure_, self.ax_ = axes_for(ax, (6.4, 4.8))
        if len(self.names) == 2:
            self._draw_heat_map(self.ax_, cmap, values_format)
        else:
            self._draw_points(self.ax_)
        return self

    def _repr_html_(self):
        """What a notebook shows: the candidates that are drawn, as a table."""
        table = table_of(self)
        words = f"{len(table)} candidates."
        if self.best is not None:
            params = zip(self.names, values_at(self, self.best), strict=True)
            named = ", ".join(f"{_short(name)}={value}" for name, value in params)
            words += f" The winner: {named}."
        return html_of(words, table.set_index(self.names[0]))

    def _draw_heat_map(self, ax, cmap, values_format):
        import seaborn as sns
        from matplotlib.patches import Rectangle

        texts = [
            self._text(place, values_format) for place in np.ndindex(*self.mean.shape)
        ]
        sns.heatmap(
            self.mean,
            annot=np.reshape(texts, self.mean.shape),
            fmt="",
            cmap=cmap,
            mask=np.isnan(self.mean),
            xticklabels=list(map(str, self.values[1])),
            yticklabels=list(map(str, self.values[0])),
            cbar_kws={"label": f"mean {self.score_name}"},
            linewidths=1,
            ax=ax,
        )
        ax.tick_params(axis="y", rotation=0)
        ax.set(ylabel=_short(self.names[0]), xlabel=_short(self.names[1]))
        if self.best is not None:
            y, x = self.best
            frame = Rectangle((x, y), 1, 1, fill=False, lw=3, ec="red", clip_on=False)
            ax.add_patch(frame)
            ax.set_title("framed: the winner", fontsize="medium")

    def _draw_points(self, ax):
        values = self.values[0]
        numbers = _are_numbers(values)
        x = np.array(values, dtype=float) if numbers else np.arange(len(values))
        ax.errorbar(x, self.mean, yerr=self.spread, fmt="o", capsize=4, zorder=1)
        if self.resources is not None:
            for place in np.flatnonzero(np.isfinite(self.mean)):
                top = x[place], self.mean[place] + self.spread[place]
                style = {"textcoords": "offset points", "ha": "center"}
                ax.annotate(self._progress(place), top, (0, 6), **style)
            ax.margins(x=0.1, y=0.15)
        if numbers and x.min() > 0 and x.max() >= 50 * x.min():
            ax.set_xscale("log")
        if not numbers:
            ax.set_xticks(x, list(map(str, values)))
        if self.best is not None:
            ax.plot(x[self.best], self.mean[self.best], "o", c="red", label="winner")
            ax.legend()
        ax.set(xlabel=_short(self.names[0]), ylabel=f"mean {self.score_name}")

    def _text(self, place, form):
        text = f"{self.mean[place]:{form}}\n± {self.spread[place]:{form}}"
        return text if self.resources is None else f"{text}\n{self._progress(place)}"

    def _progress(self, place):
        return f"{self.resource_name}: {self.resources[place]:g}"


def _are_numbers(values):
    return all(
        isinstance(value, int | float | np.number) and not isinstance(value, bool)
        for value in values
    )


def _short(name):
    """Return the name of a parameter without that of its step in a pipeline."""
    return name.rpartition("__")[2]


def _score_name(search):
    if isinstance(search.scoring, str):
        return search.scoring
    return "accuracy" if search.scoring is None and is_classifier(search) else "score"
