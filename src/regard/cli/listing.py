"""`list`: what there is, a sentence each."""

from __future__ import annotations

import inspect

from rich.console import Console
from rich.table import Table

from regard import registry
from regard.errors import ConfigError, nearest

KINDS = ("recipes", "rewards", "worlds")


def show(what: str, console: Console) -> None:
    """Print one list, or all of them."""
    if what and what not in KINDS:
        raise ConfigError(f"there is no list of '{what}'; {nearest(what, KINDS)}")
    for kind in [what] if what else KINDS:
        table = Table(title=kind, title_justify="left", show_header=False, box=None, padding=(0, 2))
        for name, sentence in _rows(kind):
            table.add_row(name, sentence)
        console.print(table)
        console.print()


def _rows(kind: str) -> list[tuple[str, str]]:
    if kind == "recipes":
        from regard.recipes.catalogue import find, names

        return [(name, _first_line(find(name).make)) for name in names()]
    known = registry.reward if kind == "rewards" else registry.world
    return [(name, _first_line(known[name])) for name in known.names()]


def _first_line(item: object) -> str:
    return (inspect.getdoc(item) or "").partition("\n")[0]
