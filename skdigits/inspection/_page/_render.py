"""The page of an error report: a template of Jinja2, with all text escaped."""

from datetime import date
from functools import cache

from skdigits.inspection._page._content import content_of


@cache
def _template():
    from jinja2 import Environment, PackageLoader

    loader = PackageLoader("skdigits.inspection._page", "")
    return Environment(loader=loader, autoescape=True).get_template("report.html")


def page(report, title, model=None, files=()):
    """Return the page as HTML.

    Parameters
    ----------
    report : Report

    title : str

    model : str, default=None
        Its name, for a tile.

    files : sequence of str, default=()
        Names of those beside the page, to link to.
    """
    own = {"report": report, "title": title, "model": model, "files": files}
    return _template().render(own, today=date.today(), **content_of(report)) + "\n"
