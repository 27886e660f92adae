"""The presets of `DigitCNN.from_preset`: the parameters that are not defaults.

`tests/benchmarks/bench_ablation.py` shows the effect of each value on images that are
held out from MNIST's training images.
"""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    # the Keras classic: two convolutions, two poolings, 64 dense units, half of them
    # dropped, Adam for ten epochs
    "notebook": {
        "filters": (32, 64),
        "kernel_size": (5, 2),
        "dense_units": 64,
        "dropout": 0.5,
        "batch_norm": False,
        "early_downsampling": False,
        "padding": "valid",
        "epochs": 10,
        "batch_size": 64,
        "learning_rate": 0.001,
        "schedule": "constant",
        "weight_decay": 0.0,
        "label_smoothing": 0.0,
        "augment": 0.0,
        "validation_split": 0.1,
    },
    "fast": {
        "filters": (16, 16, 64, 96),
        "epochs": 1,
        "batch_size": 128,
        "augment": 0.0,
    },
    "balanced": {},
    "accurate": {"filters": (32, 64, 96, 128), "epochs": 20, "batch_size": 128},
}
