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

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": "/plot_",
}

html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_theme_options = {"show_toc_level": 2}
