"""Errors as one line on stderr."""

import signal
import sys
import warnings
from contextlib import contextmanager

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
        exit_interrupted()
    except Exception as error:
        if debug:
            raise
        print(f"Error: {cut(error) or type(error).__name__}", file=sys.stderr)
        sys.exit(1)


def exit_interrupted():
    """End as a shell expects it after Ctrl-C, in one line."""
    print("Interrupted.", file=sys.stderr)
    sys.exit(130)


@contextmanager
def terminated_in_order():
    """End in order when told to by SIGTERM: its default leaves joblib's processes."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_warning(message, *_, **__):
    print(f"Warning: {cut(message)}", file=sys.stderr)


def cut(message):
    """Return a message in one line of bounded length."""
    from skdigits._validation import one_line

    return one_line(message, _MAX_LENGTH)
