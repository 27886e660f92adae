"""Write the inventories of libraries whose own are not at hand, with the names used.

``python docs/inventories/write.py``
"""

import zlib
from pathlib import Path

# For each library: kind and name, and where they are explained.
NAMES = {
    "numpy": {
        "py:class numpy.ndarray": "reference/generated/numpy.ndarray.html",
        "py:class numpy.memmap": "reference/generated/numpy.memmap.html",
        "py:class numpy.random.RandomState": "reference/random/legacy.html",
        "py:function numpy.random.seed": (
            "reference/random/generated/numpy.random.seed.html"
        ),
        "std:term array_like": "glossary.html#term-array_like",
    },
    "matplotlib": {
        "py:class matplotlib.axes.Axes": "api/_as_gen/matplotlib.axes.Axes.html",
        "py:class matplotlib.colors.Colormap": (
            "api/_as_gen/matplotlib.colors.Colormap.html"
        ),
        "py:class matplotlib.figure.Figure": (
            "api/_as_gen/matplotlib.figure.Figure.html"
        ),
        "py:function matplotlib.pyplot.subplots": (
            "api/_as_gen/matplotlib.pyplot.subplots.html"
        ),
    },
    "keras": {
        "py:class keras.Model": "api/models/model/#model-class",
        "py:method keras.Model.evaluate": (
            "api/models/model_training_apis/#evaluate-method"
        ),
        "py:class keras.callbacks.Callback": (
            "api/callbacks/base_callback/#callback-class"
        ),
        "py:function keras.saving.load_model": (
            "api/models/model_saving_apis/model_saving_and_loading/#load_model-function"
        ),
    },
}


def inventory(library, names):
    """Return an inventory of the second version of Sphinx's format, as bytes."""
    lines = []
    for kind_and_name, page in names.items():
        kind, name = kind_and_name.split()
        place = page if "#" in page else f"{page}#$"
        lines.append(f"{name} {kind} 1 {place} -\n")
    header = (
        "# Sphinx inventory version 2\n"
        f"# Project: {library}\n"
        "# Version: \n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    return header.encode() + zlib.compress("".join(sorted(lines)).encode(), 9)


if __name__ == "__main__":
    for library, names in NAMES.items():
        target = Path(__file__).with_name(f"{library}.inv")
        target.write_bytes(inventory(library, names))
