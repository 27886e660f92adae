"""One thread for each matrix product, while pictures go side by side."""

from functools import cached_property
from threading import Lock

from threadpoolctl import ThreadpoolController


class OneBlasThread:
    """Holds BLAS to one thread while somebody is inside.

    The setting holds for the whole process, so whoever comes first makes it, and
    whoever leaves last takes it back. Inside is told how many threads there were.

    The limits of `threadpoolctl` would do the same for a tenth of the time that a
    picture takes.
    """

    def __init__(self):
        self._lock = Lock()
        self._inside = 0
        self._threads = []

    @cached_property
    def _libraries(self):
        # looking for them takes milliseconds
        return ThreadpoolController().select(user_api="blas").lib_controllers

    def __enter__(self):
        with self._lock:
            if not self._inside:
                self._threads = [library.num_threads for library in self._libraries]
                self._set([1] * len(self._threads))
            self._inside += 1
            return max(self._threads, default=1)

    def __exit__(self, *failure):
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._set(self._threads)

    def _set(self, numbers):
        for library, number in zip(self._libraries, numbers, strict=True):
            library.set_num_threads(number)


one_blas_thread = OneBlasThread()
