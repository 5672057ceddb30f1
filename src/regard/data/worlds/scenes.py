"""Things on a ground, and what can be asked of them: names, colours, counts, places, boxes.

Shapes, handwritten digits, garments, clip art and emoji (`things`) lie on papers, textures and
faded photographs (`grounds`). Every example is made the other way round: first the question and its
answer, then a scene in which the answer is right and the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from regard.data.worlds import grounds
from regard.data.worlds.common import (
    SPLITS,
    Task,
    Tier,
    World,
    check_one,
    one_of,
    place,
    some_of,
    thought,
    vocabulary,
)
from regard.data.worlds.stamps import FOLDER, found
from regard.data.worlds.things import (
    COLOURS,
    NAMES,
    Objects,
    Thing,
    any_held_out,
    any_thing,
    is_held_out_pair,
    picture,
)
from regard.errors import ConfigError
from regard.registry import world
from regard.types import Box, Label, LabelledBox, LabelledBoxes, Number, Target

Domain = Literal["seen", "held_out_classes", "held_out_pairs"]

DOMAINS: Final[tuple[Domain, ...]] = ("seen", "held_out_classes", "held_out_pairs")
SIDES: Final[dict[Tier, int]] = {"easy": 112, "middle": 168, "hard": 224}
"""Width and height of an image, in pixels: 4, 6 or 8 pieces of 28."""


@dataclass(frozen=True)
class Seen:
    """A thing in a scene: where it shows, and how large it was made."""

    thing: Thing
    box: Box
    """The smallest box around the pixels that show, in pixels of the image."""
    side: int
    """The longer side of its picture, in pixels."""

    @property
    def centre(self) -> tuple[float, float]:
        return (self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2


@dataclass(frozen=True)
class Scene:
    """An image, what is in it, and which pixel shows what."""

    image: Image.Image
    seen: tuple[Seen, ...]
    owners: NDArray[np.int16]
    """For each pixel the number of the thing it shows, from 0; -1 for the ground."""

    def mask(self, number: int) -> NDArray[np.bool_]:
        """The pixels that show one thing."""
        shows: NDArray[np.bool_] = self.owners == number
        return shows


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


# A kind of question makes a plan: things to be seen, how large, and where; then it looks at the
# scene that came of it.
@dataclass(frozen=True)
class _Plan:
    things: tuple[Thing, ...]
    ask: Callable[[Scene], tuple[str, Target, str] | None]
    """Question, truth and gold answer; None where the scene does not suit."""
    sides: tuple[int, ...] | None = None


@world("scenes")
@dataclass(frozen=True, kw_only=True)
class Scenes(World):
    """Things on a ground: name them, count them, compare them, find them.

    >>> example = Scenes(kinds=("counting",), tiers=("easy",), seed=1).load()[0]
    >>> example.question, example.gold
    ('count the objects .', '<think> house </think> <answer> 1 </answer>')
    """

    name: ClassVar[str] = "scenes"
    known_kinds: ClassVar[tuple[str, ...]] = (
        "naming",
        "colour",
        "counting",
        "odd",
        "relation",
        "where",
        "where_most",
        "where_relation",
        "detection",
    )

    domain: Domain = "seen"
    """What is asked about: "seen" is what training shows; "held_out_classes" are classes it never
    shows, called by their colours; "held_out_pairs" are its classes in colours it never shows them
    in. The latter two are for testing only."""

    objects: Objects = "embedded"
    """Pictures of things that have colours of their own: "embedded" clip art, or "stamps", those of
    Tux Paint where this machine has them, else clip art; what is shown then depends on the machine,
    and `describe` says what it has."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one(self.name, "domain", self.domain, DOMAINS)
        check_one(self.name, "source of objects", self.objects, get_args(Objects))
        if self.domain != "seen" and self.split != "test":
            raise ConfigError(f"scenes: domain '{self.domain}' is held out; it needs split='test'")
        if self.domain == "held_out_classes":
            nameless = [kind for kind in ("naming", "odd") if kind in self.kinds or not self.kinds]
            if nameless:
                raise ConfigError(
                    f"scenes: '{nameless[0]}' asks for the name of a class, which "
                    "domain 'held_out_classes' cannot; name other kinds"
                )

    def make(self, kind: str, tier: Tier, rng: np.random.Generator) -> Task:
        return self._made(kind, tier, rng)[1]

    def scene(self, index: int) -> Scene:
        """What an example shows, with masks."""
        index = range(self.size)[index]
        kinds = self.kinds or self.known_kinds
        tier = self.tiers[index // len(kinds) % len(self.tiers)]
        rng = np.random.default_rng([self.seed, SPLITS.index(self.split), index])
        return self._made(kinds[index % len(kinds)], tier, rng)[0]

    def _made(self, kind: str, tier: Tier, rng: np.random.Generator) -> tuple[Scene, Task]:
        while True:
            plan = _PLANS[kind](self, tier, rng)
            scene = _composed(plan, tier, self, rng)
            asked = plan.ask(scene) if scene else None
            if scene and asked:
                question, target, gold = asked
                seen = [
                    {
                        "name": each.thing.name,
                        "colour": each.thing.colour,
                        "box": _corners(each.box),
                    }
                    for each in scene.seen
                ]
                meta = {"domain": self.domain, "objects": seen}
                return scene, Task(
                    image=scene.image, question=question, target=target, gold=gold, meta=meta
                )

    def describe(self) -> str:
        return (
            f"Scenes ({self.split}, {self.domain}): shapes, handwritten digits, garments and clip "
            f"art, {len(NAMES)} classes in all, on papers (easy, {SIDES['easy']} pixels), textures "
            f"(middle, {SIDES['middle']}) and faded photographs (hard, {SIDES['hard']}, where "
            f"things overlap); {self.size:,} examples. Boxes count pixels of the image. Questions: "
            "what is it ? what colour is the star ? count every star . which object is the odd one "
            "out ? is the star left of the cat ? where is the red star ? where is the largest "
            "object ? where is the star left of the cat ? find every star and every cat . A right "
            f"answer: {_boxed('star', Box(10, 20, 60, 80))}{self._told_of_stamps()}"
        )

    def _told_of_stamps(self) -> str:
        if self.objects == "embedded":
            return ""
        counts = found(self.split)
        if not counts:
            return (
                f" No stamps are at {FOLDER} (apt-get install tuxpaint-stamps-default), so clip "
                "art is shown."
            )
        told = ", ".join(f"{name} {count}" for name, count in counts.items())
        return f" Stamps of Tux Paint show {told}; clip art shows the other classes."

    @staticmethod
    def words() -> tuple[str, ...]:
        """Every word of every question and gold answer, for a tokenizer that splits at spaces."""
        return vocabulary(
            " ".join((*NAMES, *COLOURS)),
            " ".join(f'"{name}"' for name in (*NAMES, "object")),
            " ".join((*_RELATIONS, *_MOSTS)),
            "what is it ? what colour is the object at what is the object at count the objects .",
            "count every . which object is the odd one out ? is the ? where is the ? find every",
            'and every . { "bbox_2d" : [ , ] , "label" : } [ ] ```json ``` yes no none None',
            numbers=range(max(SIDES.values()) + 1),
        )

    # --------------------------------------------------------------------- what may be shown

    def _asked(self, rng: np.random.Generator, *, is_coloured: bool = False) -> Thing:
        """A thing to ask about."""
        if self.domain == "seen":
            return any_thing(rng, is_coloured=is_coloured)
        return any_held_out(self.domain, rng)

    def _query(self, thing: Thing, *, with_colour: bool = False) -> Query:
        """A phrase for the thing; new classes are called by their colour."""
        if self.domain == "held_out_classes":
            return Query(colour=thing.colour)
        if self.domain == "held_out_pairs" or with_colour:
            return Query(thing.name, thing.colour)
        return Query(thing.name)

    def _alike(self, query: Query, thing: Thing, rng: np.random.Generator) -> Thing:
        """Another thing that the phrase fits, as different from `thing` as the domain allows."""
        if self.domain != "seen" or thing.colour is None or (query.name and query.colour):
            return thing
        while True:
            other = any_thing(rng) if query.colour else Thing(thing.name, one_of(COLOURS, rng))
            if query.matches(other) and not is_held_out_pair(other):
                return other

    def _others(self, count: int, rng: np.random.Generator, *avoid: Query) -> list[Thing]:
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


# ------------------------------------------------------------------------------------- scenes

_SIZES: Final[dict[Tier, tuple[tuple[int, int], ...]]] = {
    "easy": ((56, 80), (36, 50), (28, 38)),
    "middle": ((48, 80), (40, 72), (34, 54)),
    "hard": ((40, 80), (36, 72), (32, 64)),
}
"""Least and greatest size of things in pixels: of one alone, of two, and of more."""
_GAP: Final[dict[Tier, int]] = {"easy": 3, "middle": 2, "hard": 0}
"""Pixels between boxes; hard ones may overlap."""
_HIDDEN: Final = 0.3
"""Greatest share of a thing's pixels that others may hide."""
_TRIES: Final = 40


def _sizes(tier: Tier, count: int) -> tuple[int, int]:
    return _SIZES[tier][min(count, 3) - 1]


def _composed(plan: _Plan, tier: Tier, world: Scenes, rng: np.random.Generator) -> Scene | None:
    """The things of a plan on a ground; None where there was no room."""
    width, (least, most) = SIDES[tier], _sizes(tier, len(plan.things))
    placed: list[tuple[int, int, int, int]] = []
    pictures, sides = [], []
    for number, thing in enumerate(plan.things):
        side = plan.sides[number] if plan.sides else int(rng.integers(least, most + 1))
        drawn = picture(thing, side, world.split, rng, world.objects)
        height, wide = drawn.shape[:2]
        corner = _free_corner((wide, height), placed, width, _GAP[tier], rng)
        if corner is None:
            return None
        x, y = corner
        placed.append((x, y, x + wide, y + height))
        pictures.append(drawn)
        sides.append(side)
    owners = np.full((width, width), -1, np.int16)
    shown = [drawn[..., 3] > 0 for drawn in pictures]
    for number, (x0, y0, x1, y1) in enumerate(placed):
        owners[y0:y1, x0:x1][shown[number]] = number
    seen = []
    for number, (x0, y0, x1, y1) in enumerate(placed):
        shows = owners[y0:y1, x0:x1] == number
        if shows.sum() < (1 - _HIDDEN) * shown[number].sum():
            return None
        rows, columns = np.flatnonzero(shows.any(1)), np.flatnonzero(shows.any(0))
        left, top = x0 + int(columns[0]), y0 + int(rows[0])
        right, bottom = x0 + int(columns[-1]) + 1, y0 + int(rows[-1]) + 1
        seen.append(Seen(plan.things[number], Box(left, top, right, bottom), sides[number]))
    ground = {"easy": grounds.plain, "middle": grounds.textured, "hard": grounds.photographed}
    image = ground[tier](width, world.split, rng)
    if tier == "hard":
        _litter(image, rng)
    for drawn, (x0, y0, _, _) in zip(pictures, placed, strict=True):
        layer = Image.fromarray(drawn)
        image.paste(layer, (x0, y0), layer)
    return Scene(image, tuple(seen), owners)


def _free_corner(
    size: tuple[int, int],
    placed: Sequence[tuple[int, int, int, int]],
    width: int,
    gap: int,
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    """Where a picture may lie: within the image, and off the others or, without a gap, nearly."""
    w, h = size
    corners = rng.integers(1, (width - w, width - h), size=(_TRIES, 2))
    x, y = corners[:, 0], corners[:, 1]
    is_free = np.ones(_TRIES, bool)
    for x0, y0, x1, y1 in placed:
        across = np.minimum(x + w, x1) - np.maximum(x, x0) + gap
        down = np.minimum(y + h, y1) - np.maximum(y, y0) + gap
        shared = across.clip(0) * down.clip(0)
        is_free &= shared <= (0 if gap else 0.2 * min(w * h, (x1 - x0) * (y1 - y0)))
    if not is_free.any():
        return None
    first = int(is_free.argmax())
    return int(x[first]), int(y[first])


def _litter(image: Image.Image, rng: np.random.Generator) -> None:
    """Grey strokes that are no objects."""
    draw = ImageDraw.Draw(image)
    for x, y, dx, dy in rng.integers((0, 0, -30, -30), (224, 224, 30, 30), size=(6, 4)).tolist():
        grey = int(rng.integers(120, 200))
        draw.line([(x, y), (x + dx, y + dy)], fill=(grey, grey, grey), width=2)


# ------------------------------------------------------------------------- kinds of questions


def _count(tier: Tier, rng: np.random.Generator, **ranges: tuple[int, int]) -> int:
    low, high = ranges[tier]
    return int(rng.integers(low, high + 1))


def _naming(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """The only thing; then the one in a box."""
    thing = world._asked(rng)
    extra = _count(tier, rng, easy=(0, 0), middle=(1, 3), hard=(3, 6))
    things = (thing, *world._others(extra, rng))

    def ask(scene: Scene) -> tuple[str, Target, str]:
        at = place(scene.seen[0].box)
        question = "what is it ?" if not extra else f"what is the object at {at} ?"
        return question, Label(thing.name, NAMES), thought(str(thing), thing.name)

    return _Plan(things, ask)


def _colour(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    thing = world._asked(rng, is_coloured=True)
    colour = str(thing.colour)
    extra = _count(tier, rng, easy=(0, 1), middle=(2, 3), hard=(3, 6))
    things = (thing, *world._others(extra, rng, Query(thing.name)))

    def ask(scene: Scene) -> tuple[str, Target, str]:
        question = f"what colour is the {thing.name} ?"
        if world.domain == "held_out_classes":
            question = f"what colour is the object at {place(scene.seen[0].box)} ?"
        return question, Label(colour, COLOURS), thought(str(thing), colour)

    return _Plan(things, ask)


def _counting(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """Easy: whatever is there; then those of a class or a colour, hard: of both, among others."""
    if tier == "easy" and world.domain == "seen":
        thing = world._asked(rng)
        count, query = int(rng.integers(1, 5)), one_of((Query(), Query(thing.name)), rng)
        things = [world._asked(rng) if query == Query() else thing for _ in range(count)]
    else:
        thing = world._asked(rng, is_coloured=tier != "easy")
        query = world._query(thing, with_colour=tier == "hard")
        if tier == "middle" and world.domain == "seen" and rng.random() < 0.5:
            query = Query(colour=thing.colour)
        fits = _count(tier, rng, easy=(1, 4), middle=(0, 4), hard=(0, 5))
        others = _count(tier, rng, easy=(0, 0), middle=(1, 3), hard=(2, 4))
        things = [world._alike(query, thing, rng) for _ in range(fits)]
        things += world._others(others, rng, query)
        if tier == "hard":
            things += _twin(query, thing, rng)
    things = some_of(things, len(things), rng)

    def ask(scene: Scene) -> tuple[str, Target, str]:
        found = [each for each in _from_left(scene.seen) if query.matches(each.thing)]
        question = f"count every {query.text} ." if query != Query() else "count the objects ."
        listed = " ".join(each.thing.name for each in found) or "none"
        return question, Number(float(len(found))), thought(listed, str(len(found)))

    return _Plan(tuple(things), ask)


def _twin(query: Query, thing: Thing, rng: np.random.Generator) -> list[Thing]:
    """Usually one thing: of the same class, but of a colour that the phrase does not fit."""
    twin = Thing(thing.name, one_of(COLOURS, rng))
    return [] if query.matches(twin) or is_held_out_pair(twin) else [twin]


def _odd(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """Several of a class and one of another; colours agree where it is easy."""
    odd = world._asked(rng)
    (common,) = world._others(1, rng, Query(odd.name))
    count = _count(tier, rng, easy=(2, 3), middle=(3, 4), hard=(4, 6))
    query = Query(common.name, common.colour if tier == "easy" else None)
    things = [odd]
    for _ in range(count):
        other = Thing(common.name, common.colour and one_of(COLOURS, rng))
        things.append(other if query.matches(other) and not is_held_out_pair(other) else common)

    def ask(scene: Scene) -> tuple[str, Target, str]:
        question = "which object is the odd one out ?"
        return question, Label(odd.name, NAMES), thought(f"{common.name} , {odd.name}", odd.name)

    return _Plan(tuple(some_of(things, len(things), rng)), ask)


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


def _relation(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """Whether two things lie as is said; yes and no are equally likely."""
    one = world._asked(rng)
    query = world._query(one, with_colour=tier == "hard")
    (other,) = world._others(1, rng, query, Query(one.name))
    extra = _count(tier, rng, easy=(0, 0), middle=(1, 2), hard=(2, 4))
    things = (one, other, *world._others(extra, rng, query, Query(other.name)))
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

    return _Plan(things, ask)


def _where(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """By class; from middle on by colour and class, usually with the class in another colour."""
    thing = world._asked(rng, is_coloured=tier != "easy")
    query = world._query(thing, with_colour=tier != "easy")
    extra = _count(tier, rng, easy=(0, 1), middle=(1, 2), hard=(3, 5))
    things = [thing, *world._others(extra, rng, query)]
    if tier != "easy":
        things += _twin(query, thing, rng)

    def ask(scene: Scene) -> tuple[str, Target, str]:
        box = scene.seen[0].box
        return f"where is the {query.text} ?", box, _boxed(query.text, box)

    return _Plan(tuple(things), ask)


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


def _where_most(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """The one that is most so: of all objects, and in the hard tier of a class, among others."""
    count = _count(tier, rng, easy=(2, 2), middle=(3, 4), hard=(2, 3))
    thing = world._asked(rng)
    query = world._query(thing) if tier == "hard" else Query()
    if tier == "hard":
        things = [thing, *(world._alike(query, thing, rng) for _ in range(count - 1))]
        things += world._others(_count(tier, rng, hard=(2, 3)), rng, query)
    else:
        things = [world._asked(rng) for _ in range(count)]
    mosts = some_of(tuple(_MOSTS), len(_MOSTS), rng)
    low, high = _sizes(tier, len(things))
    middle = (low + high) // 2
    sides = None
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
                return question, first.box, _boxed(str(first.thing), first.box)
        return None

    return _Plan(tuple(things), ask, sides)


def _where_relation(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """The one that lies as is said to another: of two objects, then of two of a class."""
    thing = world._asked(rng)
    query = world._query(thing)
    (anchor,) = world._others(1, rng, query, Query(thing.name))
    things = [thing, anchor]
    if tier == "easy":
        query = Query()
    else:
        things.append(world._alike(query, thing, rng))
        extra = _count(tier, rng, middle=(0, 1), hard=(2, 3))
        things += world._others(extra, rng, query, Query(anchor.name))
    relations = some_of(_RELATIONS, len(_RELATIONS), rng)

    def ask(scene: Scene) -> tuple[str, Target, str] | None:
        wanted, pivot, *others = scene.seen
        for relation in relations:
            is_only = tier == "easy" or _holds(_opposite(relation), others[0], pivot)
            if is_only and _holds(relation, wanted, pivot):
                question = f"where is the {query.text} {relation} the {anchor.name} ?"
                return question, wanted.box, _boxed(str(wanted.thing), wanted.box)
        return None

    return _Plan(tuple(things), ask)


def _detection(world: Scenes, tier: Tier, rng: np.random.Generator) -> _Plan:
    """Every object of one, two or three classes; some are absent, now and then all of them."""
    queries: list[Query] = []
    things: list[Thing] = []
    for _ in range({"easy": 1, "middle": 2, "hard": 3}[tier]):
        thing = world._asked(rng)
        query = world._query(thing)
        # The labels of an answer are classes, so each class is asked for once.
        if any(query.label == other.label for other in queries):
            continue
        fits = int(rng.choice(3, p=(0.25, 0.5, 0.25)))
        queries.append(query)
        things += [world._alike(query, thing, rng) for _ in range(fits)]
    others = _count(tier, rng, easy=(0, 1), middle=(1, 2), hard=(2, 3))
    things += world._others(max(others, 1 - len(things)), rng, *queries)
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

    return _Plan(tuple(things), ask)


_PLANS: Final = {
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


# ------------------------------------------------------------------------------------- answers


def _from_left(seen: Sequence[Seen]) -> list[Seen]:
    """The order in which answers list things."""
    return sorted(seen, key=lambda each: (each.box.x0, each.box.y0))


def _corners(box: Box) -> list[int]:
    return [int(corner) for corner in (box.x0, box.y0, box.x1, box.y1)]


def _boxed(thinking: str, box: Box) -> str:
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
