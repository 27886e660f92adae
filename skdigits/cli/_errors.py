"""Errors as one line on stderr."""

import sys
import warnings
from contextlib import contextmanager

from skdigits._validation import one_line

# Of an error or a warning; a long path or list of labels still fits.
_MAX_LENGTH = 2000


@contextmanager
def one_line_errors(debug):
    """Print an error as one line and exit with 1; show all of it if ``debug``."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _print_warning
            yield
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if debug:
            raise
        message = one_line(error, _MAX_LENGTH) or type(error).__name__
        print(f"Error: {message}", file=sys.stderr)
        sys.exit(1)


def _print_warning(message, *_, **__):
    print(f"Warning: {one_line(message, _MAX_LENGTH)}", file=sys.stderr)
