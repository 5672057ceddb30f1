"""What a scene may show and a question may say: things, and phrases that pick some of them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from regard.data.worlds.common import one_of
from regard.data.worlds.things import COLOURS, Thing, any_held_out, any_thing, is_held_out_pair

Domain = Literal["seen", "held_out_classes", "held_out_pairs"]

DOMAINS: Final[tuple[Domain, ...]] = ("seen", "held_out_classes", "held_out_pairs")


@dataclass(frozen=True)
class Query:
    """What a phrase picks out: things of a class, of a colour, of both, or all of them.

    >>> Query("star", "red").text, Query(colour="red").text, Query("star").text
    ('red star', 'red object', 'star')
    >>> Query("star").matches(Thing("star", "blue"))
    True
    """

    name: str | None = None
    colour: str | None = None

    @property
    def text(self) -> str:
        return " ".join(filter(None, (self.colour, self.label)))

    @property
    def label(self) -> str:
        """The class in one word."""
        return self.name or "object"

    def matches(self, thing: Thing) -> bool:
        return self.name in (None, thing.name) and self.colour in (None, thing.colour)


@dataclass(frozen=True)
class Choice:
    """The things of a domain, and what they are called in it."""

    domain: Domain

    def asked(self, rng: np.random.Generator, *, is_coloured: bool = False) -> Thing:
        """A thing to ask about."""
        if self.domain == "seen":
            return any_thing(rng, is_coloured=is_coloured)
        return any_held_out(self.domain, rng)

    def query(self, thing: Thing, *, with_colour: bool = False) -> Query:
        """A phrase for the thing; new classes are called by their colour."""
        if self.domain == "held_out_classes":
            return Query(colour=thing.colour)
        if self.domain == "held_out_pairs" or with_colour:
            return Query(thing.name, thing.colour)
        return Query(thing.name)

    def alike(self, query: Query, thing: Thing, rng: np.random.Generator) -> Thing:
        """Another thing that the phrase fits, as different from `thing` as the domain allows."""
        if self.domain != "seen" or thing.colour is None or (query.name and query.colour):
            return thing
        while True:
            other = any_thing(rng) if query.colour else Thing(thing.name, one_of(COLOURS, rng))
            if query.matches(other) and not is_held_out_pair(other):
                return other

    def others(self, count: int, rng: np.random.Generator, *avoid: Query) -> list[Thing]:
        """So many things of different classes that none of the phrases fits.

        Where a phrase is of colour alone, so are they: nobody can say whether a cherry is red.
        """
        is_coloured = any(query.name is None for query in avoid)
        found: list[Thing] = []
        while len(found) < count:
            thing = any_thing(rng, is_coloured=is_coloured)
            is_new = all(thing.name != other.name for other in found)
            if is_new and not any(query.matches(thing) for query in avoid):
                found.append(thing)
        return found
