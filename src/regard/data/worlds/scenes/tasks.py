"""What is asked about scenes; one function for each kind.

A kind of question makes a plan: things to be seen, perhaps how large, and how to ask once it is
known where they lie.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from regard.data.worlds.common import Tier, one_of, place, some_of, thought
from regard.data.worlds.scenes.choice import Choice, Query
from regard.data.worlds.scenes.compose import Scene, Seen, sizes
from regard.data.worlds.things import COLOURS, NAMES, Thing, is_held_out_pair
from regard.types import Box, Label, LabelledBox, LabelledBoxes, Number, Target


@dataclass(frozen=True)
class Plan:
    """What a scene is to show, and what is asked of it."""

    things: tuple[Thing, ...]
    ask: Callable[[Scene], tuple[str, Target, str] | None]
    """Question, truth and gold answer; None where the scene does not suit."""
    sides: tuple[int, ...] = ()
    """The size of each thing, in pixels; none: any."""


def _count(tier: Tier, rng: np.random.Generator, **ranges: tuple[int, int]) -> int:
    low, high = ranges[tier]
    return int(rng.integers(low, high + 1))


def _naming(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """The only thing; then the one in a box."""
    thing = choice.asked(rng)
    extra = _count(tier, rng, easy=(0, 0), middle=(1, 3), hard=(3, 6))
    things = (thing, *choice.others(extra, rng))

    def ask(scene: Scene) -> tuple[str, Target, str]:
        at = place(scene.seen[0].box)
        question = "what is it ?" if not extra else f"what is the object at {at} ?"
        return question, Label(thing.name, NAMES), thought(str(thing), thing.name)

    return Plan(things, ask)


def _colour(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    thing = choice.asked(rng, is_coloured=True)
    colour = str(thing.colour)
    extra = _count(tier, rng, easy=(0, 1), middle=(2, 3), hard=(3, 6))
    things = (thing, *choice.others(extra, rng, Query(thing.name)))

    def ask(scene: Scene) -> tuple[str, Target, str]:
        question = f"what colour is the {thing.name} ?"
        if choice.domain == "held_out_classes":
            question = f"what colour is the object at {place(scene.seen[0].box)} ?"
        return question, Label(colour, COLOURS), thought(str(thing), colour)

    return Plan(things, ask)


def _counting(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """Easy: whatever is there; then those of a class or a colour, hard: of both, among others."""
    if tier == "easy" and choice.domain == "seen":
        thing = choice.asked(rng)
        count, query = int(rng.integers(1, 5)), one_of((Query(), Query(thing.name)), rng)
        things = [choice.asked(rng) if query == Query() else thing for _ in range(count)]
    else:
        thing = choice.asked(rng, is_coloured=tier != "easy")
        query = choice.query(thing, with_colour=tier == "hard")
        if tier == "middle" and choice.domain == "seen" and rng.random() < 0.5:
            query = Query(colour=thing.colour)
        fits = _count(tier, rng, easy=(1, 4), middle=(0, 4), hard=(0, 5))
        others = _count(tier, rng, easy=(0, 0), middle=(1, 3), hard=(2, 4))
        things = [choice.alike(query, thing, rng) for _ in range(fits)]
        things += choice.others(others, rng, query)
        if tier == "hard":
            things += _twin(query, thing, rng)
    things = some_of(things, len(things), rng)

    def ask(scene: Scene) -> tuple[str, Target, str]:
        found = [each for each in _from_left(scene.seen) if query.matches(each.thing)]
        question = f"count every {query.text} ." if query != Query() else "count the objects ."
        listed = " ".join(each.thing.name for each in found) or "none"
        return question, Number(float(len(found))), thought(listed, str(len(found)))

    return Plan(tuple(things), ask)


def _twin(query: Query, thing: Thing, rng: np.random.Generator) -> list[Thing]:
    """Usually one thing: of the same class, but of a colour that the phrase does not fit."""
    twin = Thing(thing.name, one_of(COLOURS, rng))
    return [] if query.matches(twin) or is_held_out_pair(twin) else [twin]


def _odd(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """Several of a class and one of another; colours agree where it is easy."""
    odd = choice.asked(rng)
    (common,) = choice.others(1, rng, Query(odd.name))
    count = _count(tier, rng, easy=(2, 3), middle=(3, 4), hard=(4, 6))
    query = Query(common.name, common.colour if tier == "easy" else None)
    things = [odd]
    for _ in range(count):
        other = Thing(common.name, common.colour and one_of(COLOURS, rng))
        things.append(other if query.matches(other) and not is_held_out_pair(other) else common)

    def ask(scene: Scene) -> tuple[str, Target, str]:
        question = "which object is the odd one out ?"
        return question, Label(odd.name, NAMES), thought(f"{common.name} , {odd.name}", odd.name)

    return Plan(tuple(some_of(things, len(things), rng)), ask)


_RELATIONS: Final = ("left of", "right of", "above", "below")
_LEAST_OFFSET: Final = 16
"""Pixels between two centres from which on one is left of, or above, the other."""


def _holds(relation: str, one: Seen, other: Seen) -> bool:
    """Whether `one` is clearly left of `other`, or right of it, above it, below it."""
    axis = 0 if relation in ("left of", "right of") else 1
    offset = other.centre[axis] - one.centre[axis]
    return (offset if relation in ("left of", "above") else -offset) >= _LEAST_OFFSET


def _opposite(relation: str) -> str:
    return _RELATIONS[_RELATIONS.index(relation) ^ 1]


def _relation(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """Whether two things lie as is said; yes and no are equally likely."""
    one = choice.asked(rng)
    query = choice.query(one, with_colour=tier == "hard")
    (other,) = choice.others(1, rng, query, Query(one.name))
    extra = _count(tier, rng, easy=(0, 0), middle=(1, 2), hard=(2, 4))
    things = (one, other, *choice.others(extra, rng, query, Query(other.name)))
    relations, is_so = some_of(_RELATIONS, len(_RELATIONS), rng), bool(rng.random() < 0.5)

    def ask(scene: Scene) -> tuple[str, Target, str] | None:
        first, second, *_ = scene.seen
        true = next((each for each in relations if _holds(each, first, second)), None)
        if true is None:
            return None
        said, answer = (true, "yes") if is_so else (_opposite(true), "no")
        question = f"is the {query.text} {said} the {other.name} ?"
        thinking = f"the {query.text} is {true} the {other.name}"
        return question, Label(answer, ("yes", "no")), thought(thinking, answer)

    return Plan(things, ask)


def _where(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """By class; from middle on by colour and class, usually with the class in another colour."""
    thing = choice.asked(rng, is_coloured=tier != "easy")
    query = choice.query(thing, with_colour=tier != "easy")
    extra = _count(tier, rng, easy=(0, 1), middle=(1, 2), hard=(3, 5))
    things = [thing, *choice.others(extra, rng, query)]
    if tier != "easy":
        things += _twin(query, thing, rng)

    def ask(scene: Scene) -> tuple[str, Target, str]:
        box = scene.seen[0].box
        return f"where is the {query.text} ?", box, boxed(query.text, box)

    return Plan(tuple(things), ask)


_MOSTS: Final[dict[str, Callable[[Seen], float]]] = {
    "leftmost": lambda seen: -seen.centre[0],
    "rightmost": lambda seen: seen.centre[0],
    "highest": lambda seen: -seen.centre[1],
    "lowest": lambda seen: seen.centre[1],
    "largest": lambda seen: seen.side,
    "smallest": lambda seen: -seen.side,
}
"""How much of it each thing has, in pixels."""
_LEAST_LEAD: Final = 10
"""Pixels by which the one that has most of it is ahead of the next."""


def _where_most(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """The one that is most so: of all objects, and in the hard tier of a class, among others."""
    count = _count(tier, rng, easy=(2, 2), middle=(3, 4), hard=(2, 3))
    thing = choice.asked(rng)
    query = choice.query(thing) if tier == "hard" else Query()
    if tier == "hard":
        things = [thing, *(choice.alike(query, thing, rng) for _ in range(count - 1))]
        things += choice.others(_count(tier, rng, hard=(2, 3)), rng, query)
    else:
        things = [choice.asked(rng) for _ in range(count)]
    mosts = some_of(tuple(_MOSTS), len(_MOSTS), rng)
    low, high = sizes(tier, len(things))
    middle = (low + high) // 2
    sides: tuple[int, ...] = ()
    if mosts[0] in ("largest", "smallest"):
        least, most = (low, middle - 2) if mosts[0] == "largest" else (middle + 2, high)
        sides = tuple(rng.integers(least, most + 1, len(things)).tolist())
        sides = (high if mosts[0] == "largest" else low, *sides[1:])

    def ask(scene: Scene) -> tuple[str, Target, str] | None:
        found = [each for each in scene.seen if query.matches(each.thing)]
        for most in mosts:
            first, second, *_ = sorted(found, key=_MOSTS[most], reverse=True)
            if _MOSTS[most](first) - _MOSTS[most](second) >= _LEAST_LEAD:
                question = f"where is the {most} {query.text} ?"
                return question, first.box, boxed(str(first.thing), first.box)
        return None

    return Plan(tuple(things), ask, sides)


def _where_relation(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """The one that lies as is said to another: of two objects, then of two of a class."""
    thing = choice.asked(rng)
    query = choice.query(thing)
    (anchor,) = choice.others(1, rng, query, Query(thing.name))
    things = [thing, anchor]
    if tier == "easy":
        query = Query()
    else:
        things.append(choice.alike(query, thing, rng))
        extra = _count(tier, rng, middle=(0, 1), hard=(2, 3))
        things += choice.others(extra, rng, query, Query(anchor.name))
    relations = some_of(_RELATIONS, len(_RELATIONS), rng)

    def ask(scene: Scene) -> tuple[str, Target, str] | None:
        wanted, pivot, *others = scene.seen
        for relation in relations:
            is_only = tier == "easy" or _holds(_opposite(relation), others[0], pivot)
            if is_only and _holds(relation, wanted, pivot):
                question = f"where is the {query.text} {relation} the {anchor.name} ?"
                return question, wanted.box, boxed(str(wanted.thing), wanted.box)
        return None

    return Plan(tuple(things), ask)


def _detection(choice: Choice, tier: Tier, rng: np.random.Generator) -> Plan:
    """Every object of one, two or three classes; some are absent, now and then all of them."""
    queries: list[Query] = []
    things: list[Thing] = []
    for _ in range({"easy": 1, "middle": 2, "hard": 3}[tier]):
        thing = choice.asked(rng)
        query = choice.query(thing)
        # The labels of an answer are classes, so each class is asked for once.
        if any(query.label == other.label for other in queries):
            continue
        fits = int(rng.choice(3, p=(0.25, 0.5, 0.25)))
        queries.append(query)
        things += [choice.alike(query, thing, rng) for _ in range(fits)]
    others = _count(tier, rng, easy=(0, 1), middle=(1, 2), hard=(2, 3))
    things += choice.others(max(others, 1 - len(things)), rng, *queries)
    things = some_of(things, len(things), rng)

    def ask(scene: Scene) -> tuple[str, Target, str]:
        found = []
        for each in _from_left(scene.seen):
            query = next((query for query in queries if query.matches(each.thing)), None)
            if query:
                found.append(LabelledBox(query.label, each.box))
        question = f"find {' and '.join(f'every {query.text}' for query in queries)} ."
        counts = [
            f"{query.text} {sum(each.label == query.label for each in found)}" for query in queries
        ]
        return question, LabelledBoxes(tuple(found)), thought(" ".join(counts), listed(found))

    return Plan(tuple(things), ask)


PLANS: Final[dict[str, Callable[[Choice, Tier, np.random.Generator], Plan]]] = {
    "naming": _naming,
    "colour": _colour,
    "counting": _counting,
    "odd": _odd,
    "relation": _relation,
    "where": _where,
    "where_most": _where_most,
    "where_relation": _where_relation,
    "detection": _detection,
}
"""For each kind, what makes its plans."""


# ------------------------------------------------------------------------------------- answers


def _from_left(seen: Sequence[Seen]) -> list[Seen]:
    """The order in which answers list things."""
    return sorted(seen, key=lambda each: (each.box.x0, each.box.y0))


def boxed(thinking: str, box: Box) -> str:
    """A gold answer with one box, as JSON (VLM-R1's referring expressions)."""
    return thought(thinking, f'{{ "bbox_2d" : {place(box)} }}')


def listed(boxes: Sequence[LabelledBox]) -> str:
    """Objects as JSON in a fence, or None (VLM-R1's detection).

    >>> listed([LabelledBox("cat", Box(1, 2, 3, 4))])
    '```json [ { "bbox_2d" : [ 1 , 2 , 3 , 4 ] , "label" : "cat" } ] ```'
    >>> listed([])
    'None'
    """
    if not boxes:
        return "None"
    items = (f'{{ "bbox_2d" : {place(each.box)} , "label" : "{each.label}" }}' for each in boxes)
    return f"```json [ {' , '.join(items)} ] ```"


def words() -> tuple[str, ...]:
    """What questions, thoughts and answers about scenes are made of."""
    return (
        " ".join((*NAMES, *COLOURS)),
        " ".join(f'"{name}"' for name in (*NAMES, "object")),
        " ".join((*_RELATIONS, *_MOSTS)),
        "what is it ? what colour is the object at what is the object at count the objects .",
        "count every . which object is the odd one out ? is the ? where is the ? find every",
        'and every . { "bbox_2d" : [ , ] , "label" : } [ ] ```json ``` yes no none None',
    )
