"""Names for things: rewards, worlds, recipes. Filled by a decorator, or by another package.

A registry reads its room only at the first look-up, so importing one reward imports no other. A
package that wants to add something declares an entry point in the group of the registry's name
(`regard.rewards = "my_package.rewards"`): the module is imported, its decorators do the rest.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TypeVar

from regard.errors import ConfigError, nearest

Item = TypeVar("Item", bound=type)


class Registry:
    """Classes of one sort by name; a name is given once."""

    def __init__(self, noun: str, room: str) -> None:
        self.noun = noun
        self.room = room
        self._items: dict[str, type] = {}
        self._is_loaded = False

    def __call__(self, name: str) -> Callable[[Item], Item]:
        """Register the decorated object under `name`."""

        def register(item: Item) -> Item:
            known = self._items.setdefault(name, item)
            if _address(known) != _address(item):
                raise ConfigError(f"two {self.noun}s are called '{name}': {known} and {item}")
            self._items[name] = item
            return item

        return register

    def __getitem__(self, name: str) -> type:
        self._load()
        if name not in self._items:
            raise ConfigError(f"unknown {self.noun} '{name}'; {nearest(name, self._items)}")
        return self._items[name]

    def names(self) -> list[str]:
        self._load()
        return sorted(self._items)

    def name_of(self, item: type) -> str | None:
        """The name `item` was registered under."""
        return next((name for name, known in self._items.items() if known is item), None)

    def _load(self) -> None:
        if self._is_loaded:
            return
        self._is_loaded = True
        # Here, since it takes longer to import than all that a single reward needs.
        from importlib.metadata import entry_points

        room = importlib.import_module(self.room)
        for module in pkgutil.walk_packages(room.__path__, prefix=f"{self.room}."):
            importlib.import_module(module.name)
        for entry_point in entry_points(group=self.room):
            entry_point.load()


def _address(item: object) -> tuple[str, str]:
    """Where an object is defined: a module read twice defines the same thing, not a rival."""
    return getattr(item, "__module__", ""), getattr(item, "__qualname__", repr(item))


reward = Registry("reward", "regard.rewards")
"""Reward classes: frozen dataclasses that can be called."""

world = Registry("world", "regard.data.worlds")
"""Seeded generators of examples: frozen dataclasses with `load` and `describe`."""

family = Registry("model family", "regard.models.families")
"""Model families by the model type of a transformers configuration."""
