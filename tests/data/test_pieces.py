"""Pieces: that what is named is there, in reading order, and where it is said to be."""

from __future__ import annotations

import numpy as np
import pytest

from regard.data.worlds.pieces import CELL, FINDING, GRIDS, NAMING, SEARCHING, Pieces
from regard.data.worlds.things import NAMES
from regard.errors import ConfigError
from regard.rewards.answers import ExactAnswer
from regard.types import Completion

KINDS = Pieces.known_kinds


@pytest.fixture(scope="module", params=["train", "test"])
def examples(request):
    """Each kind at each tier twice; half of them ask for boxes."""
    return list(Pieces(split=request.param, boxes=0.5, size=6 * len(KINDS)).load())


def test_there_is_a_name_for_each_cell_and_a_box_within_it(examples):
    for example in examples:
        side, pieces = GRIDS[example.meta["tier"]], example.meta["pieces"]
        if len(pieces) < side * side:
            continue
        for number, piece in enumerate(pieces):
            row, column = divmod(number, side)
            x0, y0, x1, y1 = piece["box"]
            assert column * CELL < x0 < x1 <= (column + 1) * CELL
            assert row * CELL < y0 < y1 <= (row + 1) * CELL


def test_loose_grids_have_one_less_a_row_anywhere_but_none_upon_another():
    starts = set()
    for example in Pieces(kinds=("buttons",), size=60).load():
        side, pieces = GRIDS[example.meta["tier"]], example.meta["pieces"]
        is_loose = len(pieces) == (side - 1) ** 2
        assert is_loose or len(pieces) == side**2
        if not is_loose:
            continue
        assert side > 2
        taken = np.zeros(2 * (side * CELL,), int)
        for piece in pieces:
            x0, y0, x1, y1 = piece["box"]
            taken[y0:y1, x0:x1] += 1
            starts.add(x0)
        assert taken.max() == 1
    assert len(starts) > 60


def test_something_is_drawn_where_a_box_is_and_nothing_beside_it():
    for kind in KINDS:
        example = Pieces(kinds=(kind,), tiers=("easy",), boxes=1.0).load()[0]
        with example.images[0].open() as opened:
            pixels = np.asarray(opened.convert("RGB"), np.int16)
        # Paper fades by an eighth of its light at most: 32 levels.
        is_drawn = (np.abs(pixels - pixels[0, 0]) > 36).any(-1)
        inside = np.zeros_like(is_drawn)
        for piece in example.meta["pieces"]:
            x0, y0, x1, y1 = piece["box"]
            inside[y0:y1, x0:x1] = True
            assert is_drawn[y0:y1, x0:x1].mean() > 0.1, kind
        assert not (is_drawn & ~inside).any(), kind


def test_the_answer_lists_names_with_their_boxes_where_those_are_asked_for(examples):
    assert {example.question for example in examples} == {NAMING, FINDING}
    for example in examples:
        parts = []
        for piece in example.meta["pieces"]:
            x0, y0, x1, y1 = piece["box"]
            box = f" [ {x0} , {y0} , {x1} , {y1} ]" if example.question == FINDING else ""
            parts.append(piece["name"] + box)
        assert example.gold == f"<answer> {' , '.join(parts)} </answer>"
        assert ExactAnswer()(Completion(text=example.gold), example).value == 1.0


def test_what_is_sought_is_there_once_and_found_in_the_order_of_the_question():
    found = 0
    for example in Pieces(searches=1.0, size=6 * len(KINDS), seed=4).load():
        names = [piece["name"] for piece in example.meta["pieces"]]
        once = {p["name"]: p["box"] for p in example.meta["pieces"] if names.count(p["name"]) == 1}
        if example.question == NAMING:
            assert not once
            continue
        sought = example.question.removeprefix(SEARCHING).removesuffix("?").strip().split(" , ")
        assert sorted(sought) == sorted(once)
        said = " , ".join(f"{name} [ {' , '.join(map(str, once[name]))} ]" for name in sought)
        assert example.gold == f"<answer> {said} </answer>"
        found += sought != list(once)
    assert found > 20


def test_every_word_is_listed(examples):
    listed = set(Pieces.words())
    for example in (*examples, *Pieces(searches=1.0, size=6 * len(KINDS)).load()):
        assert set(f"{example.question} {example.gold}".split()) <= listed


def test_things_carry_their_colour_where_they_have_one():
    (first, *_), *_ = [
        [piece["name"] for piece in example.meta["pieces"]]
        for example in Pieces(kinds=("things",), size=1).load()
    ]
    assert first.split()[-1] in NAMES


def test_an_item_is_the_same_whoever_asks(examples):
    world = Pieces(split="train", boxes=0.5, size=6 * len(KINDS))
    assert [world.load()[i] for i in (7, 3, 0)] == [world.load()[i] for i in (7, 3, 0)]


def test_a_share_beyond_one_is_refused():
    with pytest.raises(ConfigError, match="between 0 and 1"):
        Pieces(boxes=1.5)
