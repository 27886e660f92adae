"""Errors as one line on stderr."""

import sys
import warnings
from contextlib import contextmanager


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
        message = " ".join(str(error).split()) or type(error).__name__
        print(f"Error: {message}", file=sys.stderr)
        sys.exit(1)


def _print_warning(message, *_, **__):
    print(f"Warning: {message}", file=sys.stderr)
