"""The command line: a thin face on the library."""

import shlex
import sys


def main(arguments=None):
    """Run the command ``skdigits``; ends the process.

    Parameters
    ----------
    arguments : list of str, default=None
        None takes those of the process.
    """
    from skdigits.cli._sentences import cut, exit_interrupted, terminated_in_order

    arguments = sys.argv[1:] if arguments is None else arguments
    typed = shlex.join(["skdigits", *arguments])
    try:
        with terminated_in_order():
            from skdigits.cli._commands import app

            sys.exit(app(arguments, standalone_mode=False, obj=typed) or 0)
    except KeyboardInterrupt:  # before the command's own work began
        exit_interrupted()
    except Exception as error:
        # what click raises for wrong options, which it would print on several lines
        if not hasattr(error, "format_message"):
            raise
        print(f"Error: {cut(error.format_message())}", file=sys.stderr)
        sys.exit(error.exit_code)
