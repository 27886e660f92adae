"""Keras and TensorFlow, imported without messages on the terminal."""

import os
import signal
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress

from skdigits._forks import refuse_forked_process
from skdigits.network import granted_threads


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
        except Exception:
            sink.seek(0)
            os.write(saved, sink.read())
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


@contextmanager
def _ended_afterwards():
    """Postpone signal handlers: TensorFlow crashes if its import is interrupted."""
    handlers, seen = {}, []
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            # what is no function of Python's is left as it is
            if callable(signal.getsignal(number)):
                handlers[number] = signal.signal(number, lambda n, _: seen.append(n))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in seen:
        signal.raise_signal(number)


def _limit_threads(tf):
    """Use the threads that joblib grants, unless somebody has set their number."""
    threading, granted = tf.config.threading, granted_threads()
    for part in ("intra", "inter"):
        in_environment = f"TF_NUM_{part.upper()}OP_THREADS" in os.environ
        is_set = getattr(threading, f"get_{part}_op_parallelism_threads")()
        if granted and not in_environment and not is_set:
            with suppress(RuntimeError):  # TensorFlow has started already
                getattr(threading, f"set_{part}_op_parallelism_threads")(granted)


def _import_quietly():
    # importing Keras in such a process may hang, too
    refuse_forked_process()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow's faster kernels; by itself it uses them on some processors only
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with _ended_afterwards(), _silent_stderr():
        import keras
        import tensorflow as tf

        _limit_threads(tf)
        # the first operation starts the runtime, which writes lines of its own
        tf.constant(0)
    if keras.backend.backend() != "tensorflow":
        raise ImportError(
            f"Got the Keras backend {keras.backend.backend()!r}, but expected "
            "'tensorflow'. Set KERAS_BACKEND=tensorflow before Keras is imported."
        )
    return keras, tf


def drop_kernels():
    """Free what TensorFlow keeps of every function that it has run.

    Running a function again then takes a fraction of a second longer, once. This is the
    part of `keras.utils.clear_session` that leaves Keras' names and settings unchanged.
    """
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()


keras, tf = _import_quietly()
