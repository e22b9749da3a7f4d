"""A progress bar for somebody at a terminal; nothing for anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

_SHOWN_EVERY: Final = 250


class Steps:
    """Two bars, one after the other: reading (in bytes), then deciding (in events)."""

    def __init__(self, bar: Progress | None, total_bytes: int) -> None:
        self._bar = bar
        self._decided = 0
        self._task: TaskID | None = None
        if bar is not None:
            self._task = bar.add_task("reading", total=total_bytes or None)

    def read(self, count: int) -> None:
        """So many more bytes were read."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def start_deciding(self, events: int) -> None:
        """Reading is over; so many events will be decided."""
        if self._bar is not None and self._task is not None:
            self._bar.remove_task(self._task)
            self._task = self._bar.add_task("deciding", total=events)

    def decided(self) -> None:
        """One more event was decided."""
        self._decided += 1
        if self._decided % _SHOWN_EVERY == 0 and self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._decided)


@contextmanager
def steps(files: tuple[str, ...]) -> Iterator[Steps]:
    """Bars for reading and deciding the events of ``files``, on standard error."""
    console = Console(stderr=True)
    total = sum(Path(file).stat().st_size for file in files if Path(file).is_file())
    if not console.is_terminal:
        yield Steps(None, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield Steps(bar, total)
