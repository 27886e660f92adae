"""Sphinx configuration."""

import re
import sys
from functools import cached_property
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from gallery_order import SECTIONS

import skdigits

project = "skdigits"
author = "The skdigits developers"
copyright = "2026, the skdigits developers"
version = release = skdigits.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
default_role = "literal"
# types are said in the docstrings
autodoc_typehints = "none"
# the contents beside a page have no room for more
toc_object_entries_show_parents = "hide"
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates"]
autosummary_generate = True
numpydoc_show_class_members = False
# of scikit-learn's glossary, in docstrings that are inherited from it
suppress_warnings = ["ref.term"]

# The inventories are local ones, so that no build needs the network.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", "inventories/python.inv"),
    "sklearn": ("https://scikit-learn.org/stable", "inventories/sklearn.inv"),
    "pandas": ("https://pandas.pydata.org/docs", "inventories/pandas.inv"),
    "pillow": ("https://pillow.readthedocs.io/en/stable", "inventories/pillow.inv"),
    "numpy": ("https://numpy.org/doc/stable", "inventories/numpy.inv"),
    "matplotlib": ("https://matplotlib.org/stable", "inventories/matplotlib.inv"),
    "keras": ("https://keras.io", "inventories/keras.inv"),
}

# Types in docstrings are links, where they are known.
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    # nobody looks up these
    **{
        name: name
        for name in (
            "None",
            "True",
            "False",
            "bool",
            "int",
            "float",
            "str",
            "list",
            "tuple",
            "dict",
        )
    },
    "array-like": ":term:`array-like <array_like>`",
    "iterable": "collections.abc.Iterable",
    "sequence": "collections.abc.Sequence",
    "generator": "collections.abc.Generator",
    "callable": "collections.abc.Callable",
    "DataFrame": "pandas.DataFrame",
    "Series": "pandas.Series",
    **{
        name: f":obj:`{name}`"
        for name in (
            "keras.Model",
            "keras.callbacks.Callback",
            "matplotlib.axes.Axes",
            "matplotlib.colors.Colormap",
            "matplotlib.figure.Figure",
            "pandas.DataFrame",
            "pathlib.Path",
            "PIL.Image.Image",
            "sklearn.pipeline.Pipeline",
            "sklearn.utils.Bunch",
        )
    },
    **{
        name: f"{room}.{name}"
        for room, names in (
            ("skdigits", ["DigitCNN"]),
            ("skdigits.handwriting", skdigits.handwriting.__all__),
            ("skdigits.inspection", skdigits.inspection.__all__),
            ("skdigits.reading", skdigits.reading.__all__),
        )
        for name in names
    },
}

# Neither prompts nor outputs are copied.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "/plot_",
    "subsection_order": [f"../examples/{section}" for section in SECTIONS],
    "within_subsection_order": "gallery_order.ReadingOrder",
    "remove_config_comments": True,
    "first_notebook_cell": (
        "# skdigits is on no package index yet. If it is not installed, name the\n"
        "# project folder in the last line, remove the # before it, and restart the\n"
        "# kernel afterwards.\n"
        "# %pip install path/to/skdigits"
    ),
    # the examples that use a name, below its page in the reference
    "doc_module": ("skdigits",),
    "backreferences_dir": "generated/backreferences",
    "write_computation_times": False,
    # not "Text(0.5, 0, 'digit')" below every figure
    "capture_repr": ("_repr_html_",),
}

html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_logo = "images/logo.svg"
html_favicon = "images/favicon.ico"
html_theme_options = {
    "logo": {"text": "skdigits"},
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 4,
}
html_static_path = ["_static"]
html_css_files = ["skdigits.css"]
# pages without pages below them need no sidebar
_LONE_PAGES = (
    "adding",
    "changes",
    "citing",
    "contributing",
    "glossary",
    "index",
    "inside",
    "installation",
    "overview",
    "performance",
    "questions",
    "quickstart",
    "releasing",
    "two_hardest",
)
html_sidebars = {page: [] for page in _LONE_PAGES}


def _skip_member(app, what, name, member, skip, options):
    """Leave out what scikit-learn and Python document."""
    if isinstance(member, property | cached_property):
        return skip
    ours = str(getattr(member, "__module__", "")).startswith("skdigits")
    return skip if ours else True


def _mend_links_from_source(app, pagename, templatename, context, doctree):
    """Let the links of source pages name what they lead to by its public name.

    viewcode takes all names of a module for those of one room, that of the first.
    """
    if pagename.startswith("_modules/"):
        context["body"] = re.sub(
            r"(generated/([\w.]+)\.(\w+)\.html#)[\w.]*?(\3\b)",
            r"\1\2.\4",
            context["body"],
        )


def setup(app):
    app.connect("autodoc-skip-member", _skip_member)
    app.connect("html-page-context", _mend_links_from_source)
