"""What a person sees while a run goes on: a live bar on a terminal, one line a step elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from regard.types import Measured

_SHOWN = (
    ("reward", "reward/mean", "{:.3f}"),
    ("loss", "loss", "{:.3f}"),
    ("tokens", "completion/num_tokens", "{:.0f}"),
    ("tokens/s", "compute/tokens_per_second", "{:.0f}"),
)


class Display:
    """Shows the steps of one stage."""

    def __init__(self, console: Console, stage: str, num_steps: int, done: int) -> None:
        self._console = console
        self._stage = stage
        self._num_steps = num_steps
        self._accuracy = ""
        self._started = time.monotonic()
        self._first = done
        self._bar: Progress | None = None
        self._task = TaskID(0)
        if console.is_terminal:
            columns = (
                TextColumn("[bold]{task.description}"), BarColumn(),
                TextColumn("{task.completed:.0f}/{task.total:.0f}  {task.fields[facts]}"),
                TimeRemainingColumn(),
            )  # fmt: skip
            self._bar = Progress(*columns, console=console)
            self._task = self._bar.add_task(stage, total=num_steps, completed=done, facts="")

    def __enter__(self) -> Display:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def step(self, stage_step: int, metrics: Mapping[str, float]) -> None:
        """Show the numbers of a step that has ended."""
        shown = [
            f"{label} {form.format(metrics[key])}" for label, key, form in _SHOWN if key in metrics
        ]
        facts = "  ".join([*shown, *([self._accuracy] if self._accuracy else [])])
        if self._bar:
            self._bar.update(self._task, completed=stage_step, facts=facts)
            return
        left = (time.monotonic() - self._started) / (stage_step - self._first)
        left *= self._num_steps - stage_step
        self._console.print(
            f"{self._stage} {stage_step}/{self._num_steps}  {facts}  {left:.0f} s left",
            highlight=False, soft_wrap=True,
        )  # fmt: skip

    def evaluated(self, measured: Measured) -> None:
        """Show the accuracy from now on."""
        self._accuracy = f"held-out accuracy {measured.accuracy:.3f}"

    def say(self, text: str) -> None:
        """A line of its own."""
        self._console.print(text, highlight=False, soft_wrap=True, markup=False)
