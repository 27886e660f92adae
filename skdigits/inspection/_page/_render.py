"""The page of an error report: a Jinja2 template, with all text escaped."""

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
        Name of the model, shown in a tile.

    files : sequence of str, default=()
        Names of the files beside the page, which it links to.
    """
    own = {"report": report, "title": title, "model": model, "files": files}
    return _template().render(own, today=date.today(), **content_of(report)) + "\n"
