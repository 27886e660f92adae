"""The order of the examples: as somebody new would read them."""

from pathlib import Path

# Each section is a folder of examples, and a `GALLERY_HEADER.rst` names it.
SECTIONS = {
    "first_steps": ("quickstart", "notebook"),
    "handwriting": (
        "handwriting",
        "answer_sheets",
        "what_is_misread",
        "fine_tuning",
        "digit_pages",
    ),
    "error_analysis": ("confusion_matrix", "per_digit", "not_sure", "calibration"),
    "training": ("augmentation", "callbacks", "few_images", "imbalance"),
    "search_and_export": ("grid_search", "dask", "onnx"),
}


class ReadingOrder:
    """A key to sort the files of a section by."""

    def __init__(self, folder):
        self.order = SECTIONS.get(Path(folder).name, ())

    def __call__(self, filename):
        return self.order.index(filename.removeprefix("plot_").removesuffix(".py"))
