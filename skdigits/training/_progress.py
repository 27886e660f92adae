"""One tidy line for each epoch."""

from time import perf_counter

# Seconds between two pictures of a bar in a notebook: each is a message to the page.
REDRAWN_EVERY = 0.1


class EpochLines:
    """Prints an epoch as a live bar that ends as one line.

    Where nothing can be redrawn, as in a file, only the final line appears.
    """

    def __init__(self, console=None):
        from rich.console import Console

        self.console = console or Console()
        self._bar = None

    def begin(self, epoch, n_epochs, n_rows):
        width = len(str(n_epochs))
        self._name = f"Epoch {epoch + 1:{width}d}/{n_epochs}"
        self._started = perf_counter()
        self._bar = _bar_for(self.console)(self.console, self._name, n_rows)

    def advance(self, n_rows):
        self._bar.advance(n_rows)

    def end(self, logs):
        seconds = perf_counter() - self._started
        figures = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
        self._bar.end(f"{self._name}  {seconds:5.1f} s  {figures}")
        self._bar = None

    def close(self):
        if self._bar:
            self._bar.close()
            self._bar = None


class NoProgress:
    """Prints nothing."""

    def begin(self, epoch, n_epochs, n_rows):
        pass

    def advance(self, n_rows):
        pass

    def end(self, logs):
        pass

    def close(self):
        pass


def _bar_for(console):
    if console.is_jupyter:
        return _NotebookBar
    return _TerminalBar if console.is_terminal else _NoBar


class _NoBar:
    """Only the line."""

    def __init__(self, console, name, n_rows):
        self.console = console

    def advance(self, n_rows):
        pass

    def end(self, line):
        self.close()
        self.console.print(line, highlight=False, soft_wrap=True)

    def close(self):
        pass


class _TerminalBar(_NoBar):
    """A bar that makes way for the line."""

    def __init__(self, console, name, n_rows):
        super().__init__(console, name, n_rows)
        self._progress = _progress(console, name, n_rows)
        self._progress.start()

    def advance(self, n_rows):
        self._progress.advance(0, n_rows)

    def close(self):
        self._progress.stop()


class _NotebookBar:
    """A bar in the output of a cell, which becomes the line.

    rich would need ipywidgets for a bar that moves there.
    """

    def __init__(self, console, name, n_rows):
        from IPython.display import display

        self._progress = _progress(console, name, n_rows)
        self._drawn = perf_counter()
        self._shown = display(self._progress, display_id=True)

    def advance(self, n_rows):
        self._progress.advance(0, n_rows)
        if perf_counter() - self._drawn >= REDRAWN_EVERY:
            self._drawn = perf_counter()
            self._shown.update(self._progress)

    def end(self, line):
        from rich.text import Text

        self._shown.update(Text(line, no_wrap=True, overflow="ignore"))

    def close(self):
        """Leave the bar where the epoch ended before its time."""


def _progress(console, name, n_rows):
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    progress.add_task(name, total=n_rows)
    return progress
