"""Whether this process is a fork in which TensorFlow would wait for ever.

Its threads stay behind in the parent process. This module needs no TensorFlow and is
imported with the package: only a process that is forked after that can be recognized
for sure.
"""

import os
import sys
from contextlib import suppress
from glob import glob

_threads_stayed_behind = False


def refuse_forked_process():
    """Raise a RuntimeError if TensorFlow would wait for threads for ever."""
    if _threads_stayed_behind:
        raise RuntimeError(
            "Got a process that was forked after TensorFlow had started, in which "
            "training would hang, but expected one that starts TensorFlow itself. Use "
            "joblib's backend 'loky', or multiprocessing's start method 'spawn'."
        )


def _tensorflow_has_started():
    """Return whether TensorFlow has threads; it has none if it is only imported."""
    module = sys.modules.get("tensorflow.python.eager.context")
    return getattr(getattr(module, "_context", None), "_initialized", False)


def _tensorflow_has_threads():
    """Return whether a thread has a name of TensorFlow's, if names can be read."""
    names = []
    for path in glob("/proc/self/task/*/comm"):
        with suppress(OSError), open(path) as file:  # a thread may just have ended
            names.append(file.read())
    return not names or any(name.startswith("tf_") for name in names)


def _note_fork():
    global _threads_stayed_behind
    _threads_stayed_behind |= _tensorflow_has_started()


# the process may have been forked before this import
if _tensorflow_has_started() and not _tensorflow_has_threads():
    _note_fork()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)
