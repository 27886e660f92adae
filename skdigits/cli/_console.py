"""Where commands print."""

from rich.console import Console


def new_console():
    """Return a console that prints text as it is: ``[bold]`` may name a file."""
    return Console(highlight=False, markup=False, emoji=False)


def say(console, line):
    """Print a line that is never broken, so that the path in it can be copied."""
    console.print(line, soft_wrap=True)
