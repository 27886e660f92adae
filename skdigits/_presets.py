"""What each preset is, in one table."""

from typing import Any

# How the presets of before batch normalization train.
_CLASSIC: dict[str, Any] = {
    "batch_norm": False,
    "early_downsampling": False,
    "learning_rate": 0.001,
    "schedule": "constant",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "augment": 0.0,
    "validation_split": 0.1,
    "early_stopping": False,
    "calibration": True,
}

# How the others do; every figure was chosen on a validation part of MNIST's training
# pictures. `tests/benchmarks/bench_ablation.py` shows what each is worth.
_MODERN: dict[str, Any] = {
    "kernel_size": (5, 3),
    "dense_units": None,
    "dropout": 0.0,
    "batch_norm": True,
    "early_downsampling": "auto",
    "padding": "same",
    "batch_size": 128,
    "learning_rate": 0.02,
    "schedule": "one_cycle",
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
    "augment": 1.0,
    "validation_split": 0.0,
    "early_stopping": False,
    "calibration": True,
}

# What `DigitCNN.from_preset` knows. "notebook" is the Keras classic: two convolutions,
# two poolings, 64 dense units, half of them dropped, Adam for ten epochs. "balanced" is
# what DigitCNN's own defaults are.
PRESETS: dict[str, dict[str, Any]] = {
    "notebook": {
        **_CLASSIC,
        "filters": (32, 64),
        "kernel_size": (5, 2),
        "dense_units": 64,
        "dropout": 0.5,
        "padding": "valid",
        "epochs": 10,
        "batch_size": 64,
    },
    "fast": {**_MODERN, "filters": (16, 16, 64, 96), "epochs": 1, "augment": 0.0},
    "balanced": {
        **_MODERN,
        "filters": (16, 32, 64, 96),
        "epochs": "auto",
        "batch_size": "auto",
    },
    "accurate": {**_MODERN, "filters": (32, 64, 96, 128), "epochs": 20},
}
