"""One thread for each matrix product, while pictures go side by side."""

from contextlib import contextmanager
from functools import cache
from threading import Lock

from threadpoolctl import ThreadpoolController

# The setting of BLAS holds for the whole process, so one at a time makes it and takes
# it back.
_making_the_setting = Lock()
_granted = 1


@cache
def _blas():
    # looking for the libraries takes milliseconds
    return ThreadpoolController().select(user_api="blas")


@contextmanager
def one_blas_thread():
    """Hold BLAS to one thread, and tell how many there were.

    A thread that comes while another one is inside finds the setting made. It may
    outlast it, which costs time and the last bit of large products, but nobody waits.
    """
    global _granted
    if not _making_the_setting.acquire(blocking=False):
        yield _granted
        return
    try:
        libraries = _blas().lib_controllers
        _granted = max((library.num_threads for library in libraries), default=1)
        with _blas().limit(limits=1):
            yield _granted
    finally:
        _making_the_setting.release()
