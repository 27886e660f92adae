"""The order of the examples: as somebody new would read them."""

ORDER = (
    "quickstart",
    "notebook",
    "handwriting",
    "what_is_misread",
    "fine_tuning",
    "digit_pages",
    "confusion_matrix",
    "per_digit",
    "not_sure",
    "calibration",
    "grid_search",
    "dask",
    "augmentation",
    "callbacks",
    "few_images",
    "imbalance",
    "onnx",
)


class ReadingOrder:
    """A key to sort the files of examples by."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, filename):
        return ORDER.index(filename.removeprefix("plot_").removesuffix(".py"))
