"""What a notebook shows of an error report."""

import re
from base64 import b64decode
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import pytest

from skdigits.inspection import ErrorReport


def test_it_is_summary_confusion_matrix_and_classes_escaped():
    html = ErrorReport.from_predictions(["<b>", "c"], ["c", "c"])._repr_html_()
    assert html.startswith("<p>1 of 2 rows are classified correctly")
    assert "<th>&lt;b&gt;</th>" in html
    assert "<b>" not in html
    ((kind, content, alt),) = re.findall('<img src="(.*?),(.*?)" alt="(.*?)"', html)
    assert "The most frequent confusion is &lt;b&gt; taken for c, once" in alt
    assert kind == "data:image/svg+xml;base64"
    svg = ElementTree.fromstring(b64decode(content))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    # in points, of which a pixel has three quarters
    assert float(svg.get("width").removesuffix("pt")) < 600


def test_it_leaves_matplotlib_as_it_was():
    figure = plt.figure()
    before = dict(plt.rcParams), plt.get_backend()
    ErrorReport.from_predictions([1, 2], [2, 2])._repr_html_()
    assert plt.get_fignums() == [figure.number]
    assert (dict(plt.rcParams), plt.get_backend()) == before


@pytest.mark.parametrize("label", ["", '" onload="', "$\\frac$"])
def test_it_has_any_label(label):
    html = ErrorReport.from_predictions([label, "c"], ["c", "c"])._repr_html_()
    assert html.count("<img") == 1
    assert '" onload="' not in html.split("<table")[0]


def test_it_has_no_matrix_and_the_ends_of_the_table_of_very_many_classes():
    labels = 2 * list(range(101))
    html = ErrorReport.from_predictions(labels, labels)._repr_html_()
    assert "<img" not in html
    # with the heading, and the line of dots
    assert html.count("<tr") == 62
