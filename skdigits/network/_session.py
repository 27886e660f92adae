"""The ONNX Runtime session in which a network predicts."""

import ctypes
import os
import weakref

import numpy as np

# Memory for the feature maps of so many images is all that a call needs.
ROWS_PER_RUN = 128

# Those of this process, and of those that it was forked from.
_sessions: weakref.WeakSet = weakref.WeakSet()


def granted_threads():
    """Return how many threads this process may use, or 0 if this is not set.

    joblib and Dask set OMP_NUM_THREADS for their workers, but neither TensorFlow nor
    ONNX Runtime reads it.
    """
    number = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(number) if number.isdigit() else 0


def onnx_session(graph):
    """Return an `onnxruntime.InferenceSession` for the bytes of a model.

    Any number of threads may call the session. Its own threads do not survive when a
    process is forked, so each process needs its own session.
    """
    # it would send its maker what it is used for, from threads whose end forks wait for
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = granted_threads() or n_cores()
    # threads that wait for work do not keep a core busy meanwhile
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    _sessions.add(session)
    return session


def _never_end_sessions():
    """Keep those of the parent process: their end would look for their threads."""
    for session in list(_sessions):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_never_end_sessions)


def n_cores():
    """Return the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(session, images):
    """Return the logits of images, computed in batches."""
    starts = range(0, max(len(images), 1), ROWS_PER_RUN)
    parts = [images[start : start + ROWS_PER_RUN] for start in starts]
    logits = [session.run(None, {"images": part})[0] for part in parts]
    return logits[0] if len(logits) == 1 else np.concatenate(logits)
