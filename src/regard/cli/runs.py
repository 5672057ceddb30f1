"""`train`, `show` and `plan`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from regard.config import with_settings
from regard.recipes import plan as planning
from regard.recipes.catalogue import Recipe, find
from regard.recipes.execute import execute, with_seed
from regard.recipes.run import Run
from regard.sources import Line, explain


def train(
    name: str, settings: list[str], out: Path | None, seed: int | None, console: Console
) -> None:
    """Carry out a run in its folder."""
    recipe = find(name)
    run = with_settings(recipe.run, settings)
    folder = Path("runs") / run.name
    if seed is not None:
        run = with_seed(run, seed)
        folder = folder.with_name(f"{run.name}-seed{seed}")
    execute(run, out or folder, recipe=_lasting_name(recipe), console=console)


def show(name: str, settings: list[str], console: Console) -> None:
    """Print every field of a run with its value and where that comes from."""
    recipe = find(name)
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("field", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("source", overflow="fold")
    lines = explain(recipe.run, recipe=recipe.make, settings=settings)
    for path, items in groupby(lines, key=_without_number):
        row = list(items)
        value = _short(row[0].value) if row[0].path == path else _short_list(row)
        table.add_row(path, escape(value), escape(row[0].source))
    console.print(table)


def plan(name: str, settings: list[str], console: Console) -> None:
    """Print what a run will take."""
    run: Run = with_settings(find(name).run, settings)
    for table in planning.plan(run):
        console.print(table)
        console.print()


def _lasting_name(recipe: Recipe) -> str:
    """The recipe's name as a run folder keeps it: a file by its whole path."""
    source, colon, variant = recipe.name.partition(":")
    if source.endswith(".py"):
        return f"{Path(source).resolve()}{colon}{variant}"
    return recipe.name


def _without_number(line: Line) -> str:
    """The path of a value, or of the list it is an item of."""
    path, _, last = line.path.rpartition(".")
    return path if last.isdecimal() else line.path


def _short_list(lines: list[Line]) -> str:
    return _short(", ".join(_short(line.value) for line in lines))


def _short(value: object) -> str:
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
