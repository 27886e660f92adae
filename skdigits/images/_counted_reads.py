"""A limit on the number of times that Pillow may read from a file."""

from skdigits.images._modes import Unusable

# A PNG of the most bytes in chunks of 4 KB needs a fifth of them; a second or a few.
MAX_READS = 500_000


class CountedReads:
    """A binary file that refuses to be read in far more parts than any image has.

    Parameters
    ----------
    file : binary file

    Raises
    ------
    Unusable
        From ``read``, after `MAX_READS` calls.
    """

    def __init__(self, file):
        self._file = file
        self._n_reads = 0

    def read(self, *size):
        self._n_reads += 1
        if self._n_reads > MAX_READS:
            raise Unusable(
                f" that has to be read in more than {MAX_READS:,} parts, but "
                "expected an image in fewer parts. Save it again."
            )
        return self._file.read(*size)

    def __getattr__(self, name):
        return getattr(self._file, name)
