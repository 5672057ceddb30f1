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
        for row in _rows(kind):
            table.add_row(*row)
        console.print(table)
        console.print()


def _rows(kind: str) -> list[tuple[str, ...]]:
    if kind == "recipes":
        from regard.recipes.catalogue import find, names

        return [(name, _first_line(find(name).make)) for name in names()]
    if kind == "worlds":
        return [(name, _first_line(registry.world[name])) for name in registry.world.names()]
    return [_reward_row(name) for name in registry.reward.names()]


def _reward_row(name: str) -> tuple[str, ...]:
    """What a reward is, and which published systems train with it."""
    from regard.rewards.facts import FACTS

    systems = FACTS[name].systems if name in FACTS else ()
    return name, _first_line(registry.reward[name]), ", ".join(systems)


def _first_line(item: object) -> str:
    return (inspect.getdoc(item) or "").partition("\n")[0]
