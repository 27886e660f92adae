"""Where commands print."""


def new_console(quiet=False):
    """Return a console that prints text as it is: ``[bold]`` may name a file.

    A ``quiet`` one prints nothing.
    """
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, quiet=quiet)


def say(console, line):
    """Print a line that is never broken, so the path in it can be copied."""
    console.print(line, soft_wrap=True)


def new_table(*headings, title=None):
    """Return a table with right-aligned columns."""
    from rich.table import Column, Table

    columns = (Column(heading, justify="right") for heading in headings)
    return Table(*columns, title=title)


def new_bar(console, title, unit, *columns):
    """Return a progress bar with text before and after it, as rich formats it."""
    from rich import progress

    counts = progress.BarColumn(bar_width=15), progress.MofNCompleteColumn(), unit
    time = progress.TimeRemainingColumn(elapsed_when_finished=True)
    return progress.Progress(title, *counts, *columns, time, console=console)


def printable(text):
    """Return text that moves no cursor and hides no other text: of a file, say."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
