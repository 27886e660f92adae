"""Keras and TensorFlow, imported without a word on the terminal."""

import os
import sys
import tempfile
from contextlib import contextmanager

__all__ = ["keras", "tf"]


@contextmanager
def _silent_stderr():
    """Hide what C++ code writes to stderr; show it after all if the block fails.

    TensorFlow writes before it reads TF_CPP_MIN_LOG_LEVEL, so only the file
    descriptor can be silenced.
    """
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:  # there is no stderr to silence
        yield
        return
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), 2)
        try:
            yield
        except BaseException:
            sink.seek(0)
            os.write(saved, sink.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def _import_quietly():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow's faster kernels; by itself it takes them on some processors only
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with _silent_stderr():
        import keras
        import tensorflow as tf

        # the first operation starts the runtime, which writes lines of its own
        tf.constant(0)
    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Got the Keras backend {keras.backend.backend()!r}, but expected "
            "'tensorflow'. Set KERAS_BACKEND=tensorflow before Keras is imported."
        )
    return keras, tf


keras, tf = _import_quietly()
