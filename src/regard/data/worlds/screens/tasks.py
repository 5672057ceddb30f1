"""What is to be done on a screen, and the right action; one function for each kind.

Answers are those of GUI-R1: a list with one record of action, point and text.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from regard.data.worlds.common import Task, Tier, one_of, place, read_up_to, some_of, thought
from regard.data.worlds.drawing import Split
from regard.data.worlds.screens.elements import COLOURS, ICONS, WORDS, Element, Screen
from regard.text.gui_actions import DIRECTIONS, NO_TEXT
from regard.types import Box, GuiAction, Point

ORDER = ("first", "second", "third", "fourth", "fifth")
COUNTS = {"easy": 3, "middle": 5, "hard": 8}
"""Elements on a screen by tier."""

NOWHERE = Point(-100, -100)
"""What GUI-R1 writes where an action has no place."""

FORMS = ("pin", "room", "bus", "code")
"""What a number on a screen may be."""


def click(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """A button by its colour, by its word, or by its place beside another."""
    screen, buttons = _buttons(tier, split, rng)
    wanted = one_of(buttons, rng)
    if tier == "easy":
        return _clicked(screen, f"click the {wanted.name} button .", wanted, wanted.name)
    below = [(a, b) for a in buttons for b in buttons if _is_next_below(a, b)]
    if tier == "hard" and rng.random() < 0.5:
        upper, lower = one_of(below, rng)
        question = f"click the button below {upper.name} ."
        return _clicked(screen, question, lower, f"{lower.name} is below {upper.name}")
    return _clicked(screen, f"click {wanted.name} .", wanted, wanted.name)


def locate(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """The box of a button, by its colour or by its word."""
    screen, buttons = _buttons(tier, split, rng)
    wanted = one_of(buttons, rng)
    return Task(
        image=screen.image,
        question=f"where is the {wanted.name} button ?",
        target=wanted.box,
        gold=thought(wanted.name, place(wanted.box)),
        meta=_meta(screen),
    )


def icon(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """An icon by its name, among few large or many small ones."""
    screen = Screen(tier, split, rng)
    if tier == "hard":
        screen.title(one_of(WORDS, rng))
    columns = {"easy": 2, "middle": 2, "hard": 3}[tier]
    rows = {"easy": 2, "middle": 3, "hard": 3}[tier]
    if screen.width > screen.height:
        columns, rows = rows, columns
    room = (screen.width / columns, (screen.bottom - screen.top) / rows)
    size = int({"easy": 44, "middle": 36, "hard": 28}[tier] * screen.between(0.75, 1))
    shown = some_of(list(ICONS), columns * rows, rng)
    for i, name in enumerate(shown):
        x0 = round(i % columns * room[0] + screen.between(0, room[0] - size - 2)) + 1
        y0 = round(screen.top + i // columns * room[1] + screen.between(0, room[1] - size - 2)) + 1
        screen.icon("icon", name, (x0, y0, x0 + size, y0 + size), screen.theme.ink)
    wanted = one_of(screen.elements, rng)
    return _clicked(screen, f"click the {wanted.name} icon .", wanted, wanted.name)


def item(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """A row of a list: by its number, by its neighbour, or the one that is not ticked."""
    screen = Screen(tier, split, rng)
    screen.title(one_of(WORDS, rng))
    count = {"easy": 3, "middle": 4, "hard": 5}[tier]
    unticked = int(rng.integers(count)) if tier == "hard" else -1
    rows = _rows(screen, "item", count, ticked=tier == "hard", unticked=unticked)
    if tier == "hard":
        wanted = rows[unticked]
        return _clicked(screen, "click the item without a tick .", wanted, wanted.name)
    wanted, known, words = _in_order(rows, "item", tier, rng)
    return _clicked(screen, f"click the {words} .", wanted, _read(rows, wanted, known))


def tab(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """A tab by its icon, beside the open one, or beside another one."""
    screen = Screen(tier, split, rng)
    count = {"easy": 3, "middle": 4, "hard": 5}[tier]
    size = screen.width // count
    tall = min(size, 36)
    room = screen.height - tall
    y0 = int(screen.between(0, 0.4) * room)  # from the top, or as far from the bottom
    y0 = one_of((y0, room - y0), rng)
    screen.draw.rectangle((0, y0, screen.width, y0 + tall - 1), screen.theme.surface)
    opened = int(rng.integers(count))
    tabs = []
    for i, name in enumerate(some_of(list(ICONS), count, rng)):
        box = (i * size, y0, i * size + size, y0 + tall)
        if i == opened:
            screen.draw.rectangle((box[0], y0, box[2] - 1, y0 + tall - 1), screen.theme.accent)
        inner = (box[0] + (size - tall) // 2 + 3, y0 + 3, box[0] + (size + tall) // 2 - 3,
                 y0 + tall - 3)  # fmt: skip
        screen.icon("", name, inner, screen.theme.ground if i == opened else screen.theme.ink)
        screen.elements.pop()
        tabs.append(screen.note("tab", name, box))
    body = y0 / 2 if 2 * y0 > room else (y0 + tall + screen.height) / 2
    screen.label(one_of(WORDS, rng), (screen.width / 2, body), 24)
    if tier == "easy":
        wanted = one_of(tabs, rng)
        return _clicked(screen, f"click the {wanted.name} tab .", wanted, _read(tabs, wanted))
    start = opened if tier == "middle" else int(rng.integers(count))
    sides = [(side, start + by) for side, by in (("left", -1), ("right", 1))]
    side, index = one_of([(side, at) for side, at in sides if 0 <= at < count], rng)
    known = "open" if tier == "middle" else tabs[start].name
    question = f"click the tab {side} of the {known} tab ."
    return _clicked(screen, question, tabs[index], _read(tabs, tabs[index], tabs[start]))


def type_(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """A number that stands on the screen, read digit by digit, to be typed into the field."""
    screen = Screen(tier, split, rng)
    count = {"easy": 1, "middle": 2, "hard": 3}[tier]
    names = some_of(FORMS, count, rng)
    numbers = [str(number) for number in rng.choice(np.arange(10, 100), count, replace=False)]
    room = (screen.height - 8) * screen.between(0.7, 1)
    top, tall = 4 + screen.between(0, screen.height - 8 - room), room / (count + 1)
    rows = [top + tall * (i + 0.5) for i in range(count + 1)]
    field_y = rows.pop(int(rng.integers(count + 1)))
    size = min(30 if count == 1 else 24, int(tall - 2), screen.width // 5)
    for name, number, y in zip(names, numbers, rows, strict=True):
        screen.label(name, (screen.width * 0.3, y), size)
        screen.label(number, (screen.width * 0.72, y), size, screen.theme.accent)
    half, edge = int(min(tall / 2 - 3, screen.between(12, 20))), int(screen.between(3, 18))
    box = (edge, round(field_y) - half, screen.width - edge, round(field_y) + half)
    screen.draw.rectangle((box[0], box[1], box[2] - 1, box[3] - 1), None, screen.theme.ink, 2)
    field = screen.note("field", "field", box)
    which = int(rng.integers(count))
    spelled = [f"{name} {' '.join(number)}" for name, number in zip(names, numbers, strict=True)]
    return _done(
        screen,
        f"type the {names[which]} number into the field .",
        GuiAction(kind="type", target=field.box, text=numbers[which]),
        Point(*field.centre),
        read_up_to(which, spelled),
    )


def select(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """An option of an open list: by its number, by its neighbour, or the cheapest one."""
    screen = Screen(tier, split, rng)
    count = {"easy": 3, "middle": 4, "hard": 4}[tier]
    prices = [int(p) for p in rng.choice(np.arange(1, 100), count, replace=False)]
    rows = _rows(screen, "option", count, notes=[str(p) for p in prices] if tier == "hard" else ())
    if tier == "hard":
        word, find = one_of((("cheapest", min), ("dearest", max)), rng)
        wanted = rows[prices.index(find(prices))]
        question, thinking = f"select the {word} option .", " ".join(map(str, prices))
        thinking = f"{thinking} {wanted.name}"
    else:
        wanted, known, words = _in_order(rows, "option", tier, rng)
        question, thinking = f"select the {words} .", _read(rows, wanted, known)
    return _done(
        screen,
        question,
        GuiAction(kind="select", target=wanted.box, text=wanted.name),
        Point(*wanted.centre),
        thinking,
    )


def scroll(tier: Tier, split: Split, rng: np.random.Generator) -> Task:
    """The direction in which there is more, by the bar at the edge of the screen."""
    screen = Screen(tier, split, rng)
    way = one_of(DIRECTIONS, rng)
    for box in screen.slots(COUNTS[tier], "stack" if way in ("up", "down") else "columns"):
        x0, y0, x1, y1 = box
        inset = min(16, (x1 - x0 - 8) // 2)
        screen.block("item", one_of(WORDS, rng), (x0 + inset, y0, x1 - inset, y1 - 4))
    thick = {"easy": 14, "middle": 10, "hard": 6}[tier]
    lies, at_end = way in ("left", "right"), way in ("left", "up")
    long = screen.width if lies else screen.height
    share = float(rng.uniform(0.3, 0.5))
    begin, end = (long * (1 - share), long) if at_end else (0, long * share)
    near = int(screen.between(0, 20))  # to one edge, or as near to the other
    near = one_of((near, (screen.height if lies else screen.width) - thick - 1 - near), rng)
    grey = screen.theme.surface
    spans = [(0, long, grey), (begin, end, screen.theme.accent)]
    for first, last, fill in spans:
        bar = (first, near, last, near + thick) if lies else (near, first, near + thick, last)
        screen.draw.rectangle(bar, fill)
    return _done(
        screen,
        "scroll to see more .",
        GuiAction(kind="scroll", text=way),
        NOWHERE,
        {"up": "at the bottom", "down": "at the top", "left": "at the right",
         "right": "at the left"}[way],
    )  # fmt: skip


# ------------------------------------------------------------------------------------- helpers


def _buttons(tier: Tier, split: Split, rng: np.random.Generator) -> tuple[Screen, list[Element]]:
    """A screen of buttons: three of different colours, or more with different words."""
    screen, count = Screen(tier, split, rng), COUNTS[tier]
    names = some_of(COLOURS if tier == "easy" else WORDS, count + 1, rng)
    if tier == "easy":
        return screen, [screen.coloured(*pair) for pair in _paired(names, screen.slots(count))]
    screen.title(names[-1])
    pairs = _paired(names, screen.slots(count))
    return screen, [screen.block("button", name, box, name) for name, box in pairs]


def _paired(
    names: Sequence[str], boxes: Sequence[tuple[int, int, int, int]]
) -> list[tuple[str, tuple[int, int, int, int]]]:
    return list(zip(names, boxes, strict=False))


def _rows(
    screen: Screen,
    role: str,
    count: int,
    *,
    ticked: bool = False,
    unticked: int = -1,
    notes: Sequence[str] = (),
) -> list[Element]:
    """Rows of words from edge to edge, with a line between them, a tick, or a note at their end."""
    names = some_of(WORDS, count, screen.rng)
    edge = int(screen.between(2, 16))
    tall = min((screen.bottom - screen.top - 4) // count, 44)
    spare = screen.bottom - screen.top - 4 - count * tall
    start = screen.top + 2 + int(screen.between(0, spare))
    rows = []
    for i, name in enumerate(names):
        y0 = start + i * tall
        box = (edge, y0, screen.width - edge, y0 + tall - 3)
        row = screen.block(role, name, box)
        left = box[0] + (30 if ticked else 6)
        end = (box[2] - 34) if notes else box[2]
        middle = (y0 + box[3]) / 2
        screen.label(name, ((left + end) / 2, middle), min(19, (end - left) // 3))
        if ticked:
            square = (box[0] + 6, middle - 8, box[0] + 22, middle + 8)
            screen.draw.rectangle(square, screen.theme.ground, screen.theme.ink)
            if i != unticked:
                ICONS["check"](screen.draw, (box[0] + 14, middle), 6, screen.theme.ink)
        if notes:
            screen.label(notes[i], (box[2] - 18, middle), 19, screen.theme.accent)
        rows.append(row)
    return rows


def _in_order(
    rows: Sequence[Element], noun: str, tier: Tier, rng: np.random.Generator
) -> tuple[Element, Element | None, str]:
    """A row, the one it is known by, if any, and what to call it: by its number, or by that one."""
    which = int(rng.integers(len(rows)))
    if tier == "easy":
        return rows[which], None, f"{ORDER[which]} {noun}"
    other = one_of([i for i in (which - 1, which + 1) if 0 <= i < len(rows)], rng)
    side = "below" if which > other else "above"
    return rows[which], rows[other], f"{noun} {side} {rows[other].name}"


def _read(elements: Sequence[Element], wanted: Element, known: Element | None = None) -> str:
    """Names in order, up to the one that is meant; up to what it stands before, where that is
    how it is known, and then its own."""
    last = max(elements.index(each) for each in (wanted, known or wanted))
    read = read_up_to(last, [each.name for each in elements])
    return read if elements[last] is wanted else f"{read} : {wanted.name}"


def _is_next_below(upper: Element, lower: Element) -> bool:
    """Whether `lower` is the next one below `upper` in its column."""
    gap = lower.box.y0 - upper.box.y1
    return upper.box.x0 == lower.box.x0 and 0 <= gap < upper.box.y1 - upper.box.y0


def _clicked(screen: Screen, question: str, wanted: Element, thinking: str) -> Task:
    action = GuiAction(kind="click", target=wanted.box)
    return _done(screen, question, action, Point(*wanted.centre), thinking)


def _done(screen: Screen, question: str, action: GuiAction, point: Point, thinking: str) -> Task:
    """The task with its answer as GUI-R1 writes it, with spaces between the marks."""
    answer = (
        f"[ {{ 'action' : '{action.kind}' , 'point' : {place(point)} , "
        f"'input_text' : '{action.text or NO_TEXT}' }} ]"
    )
    return Task(
        image=screen.image,
        question=question,
        target=action,
        gold=thought(thinking, answer),
        meta=_meta(screen),
    )


def _meta(screen: Screen) -> dict[str, object]:
    elements = [{"role": e.role, "name": e.name, "box": _corners(e.box)} for e in screen.elements]
    return {"elements": elements}


def _corners(box: Box) -> list[int]:
    return [int(box.x0), int(box.y0), int(box.x1), int(box.y1)]


def words() -> tuple[str, ...]:
    """What questions, thoughts and answers about screens are made of."""
    said = (
        "click the button . below is item above without a tick icon tab left right of open "
        "where is ? type number into field select option cheapest dearest scroll to see more "
        "at bottom top [ ] { } : , 'action' 'point' 'input_text' 'no input text' -100"
    )
    quoted = [f"'{w}'" for w in ("click", "type", "select", "scroll", *DIRECTIONS, *WORDS)]
    numbers = [f"'{number}'" for number in range(10, 100)]
    return (said, *ORDER, *FORMS, *COLOURS, *WORDS, *ICONS, *quoted, *numbers)
