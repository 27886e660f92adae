"""One tidy line for each epoch."""

from time import perf_counter


class EpochLines:
    """Prints an epoch as a live bar on a terminal that ends as one line.

    Where nothing can be redrawn (a file, a notebook) only the final line appears.
    """

    def __init__(self, console=None):
        from rich.console import Console

        self.console = console or Console()
        self._bar = None

    def begin(self, epoch, n_epochs, n_rows):
        width = len(str(n_epochs))
        self._name = f"Epoch {epoch + 1:{width}d}/{n_epochs}"
        self._started = perf_counter()
        if self.console.is_terminal and not self.console.is_jupyter:
            self._bar = _live_bar(self.console)
            self._task = self._bar.add_task(self._name, total=n_rows)
            self._bar.start()

    def advance(self, n_rows):
        if self._bar:
            self._bar.advance(self._task, n_rows)

    def end(self, logs):
        self.close()
        seconds = perf_counter() - self._started
        figures = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
        self.console.print(
            f"{self._name}  {seconds:5.1f} s  {figures}",
            highlight=False,
            soft_wrap=True,
        )

    def close(self):
        if self._bar:
            self._bar.stop()
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


def _live_bar(console):
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
