"""The command line: a thin face on the library."""

import os
import shlex
import signal
import sys
import warnings

# Of an error or a warning; a long path or list of labels still fits.
_MAX_LENGTH = 2000

# The exit code that a shell expects after Ctrl-C.
_INTERRUPTED = 130


def main(arguments=None):
    """Run the command ``skdigits``; ends the process.

    Parameters
    ----------
    arguments : list of str, default=None
        None uses those of the process.
    """
    if hasattr(sys.stdout, "reconfigure"):
        # else a name that the output cannot encode would stop the command
        sys.stdout.reconfigure(errors="backslashreplace")
    # the default of SIGTERM leaves joblib's processes
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        sys.exit(_exit_code_of(sys.argv[1:] if arguments is None else arguments))
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit_code_of(arguments):
    """Run a command; print an error as one line, or raise it with ``--debug``."""
    typed = shlex.join(["skdigits", *arguments])
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _print_warning
            # of joblib, if the reader of a pipe goes away, or Ctrl-C is pressed
            warnings.filterwarnings("ignore", ".* tasks which were still being proc")
            from skdigits.cli._commands import app

            code = app(arguments, standalone_mode=False, obj=typed) or 0
            sys.stdout.flush()
        if code == _INTERRUPTED:  # as typer says it
            raise KeyboardInterrupt
        return code
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # the reader has read enough, as head does; the rest is flushed at the very end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1  # as typer does if this occurs within the command
    except Exception as error:
        # what click raises for wrong options, which it would print on several lines
        is_usage = hasattr(error, "format_message")
        if "--debug" in arguments and not is_usage:
            raise
        message = error.format_message() if is_usage else error
        print(f"Error: {_cut(message) or type(error).__name__}", file=sys.stderr)
        return getattr(error, "exit_code", 1)


def _print_warning(message, *_, **__):
    print(f"Warning: {_cut(message)}", file=sys.stderr)


def _cut(message):
    from skdigits._validation import one_line

    return one_line(message, _MAX_LENGTH)
