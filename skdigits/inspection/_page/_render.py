"""The page of an error report: a template of Jinja2, with all text escaped."""

from functools import cache

from skdigits.inspection._page._content import content_of


@cache
def _template():
    from jinja2 import Environment, PackageLoader

    loader = PackageLoader("skdigits.inspection._page", "")
    return Environment(loader=loader, autoescape=True).get_template("report.html")


def page(report, title, model=None, files=()):
    """Return the page as HTML; the parameters are those of `content_of`."""
    return _template().render(content_of(report, title, model, files)) + "\n"
