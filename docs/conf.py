"""Sphinx configuration."""

import skdigits

project = "skdigits"
author = "The skdigits developers"
copyright = "2026, the skdigits developers"
version = release = skdigits.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
default_role = "literal"
autosummary_generate = True
numpydoc_show_class_members = False
exclude_patterns = ["_build"]
# of scikit-learn's glossary, in docstrings that are inherited from it
suppress_warnings = ["ref.term"]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "/plot_",
    # not "Text(0.5, 0, 'digit')" below every figure
    "capture_repr": ("_repr_html_",),
}

html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_theme_options = {"show_toc_level": 2}
# pages without pages below them need no sidebar
_LONE_PAGES = ("quickstart", "performance", "contributing", "changes")
html_sidebars = {page: [] for page in _LONE_PAGES}
