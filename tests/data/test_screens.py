"""Screens: right actions earn full marks, and every box is where its element is."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from regard.data.check import check
from regard.data.gold import gold_completion
from regard.data.worlds.common import TIERS
from regard.data.worlds.screens import MAKERS, Screens
from regard.data.worlds.screens.elements import THEMES, theme_of
from regard.data.worlds.screens.tasks import click
from regard.registry import world
from regard.rewards import Routed, ThinkAnswerFormat, Weighted
from regard.rewards.boxes import BoxOverlap
from regard.rewards.closed_up import ClosedUp
from regard.rewards.gui import GuiActionMatch, GuiFormat
from regard.text.tags import inside
from regard.types import Box, Completion

ACTIONS = Weighted(action=(0.8, GuiActionMatch()), format=(0.2, GuiFormat(space="train_high")))
REWARD = Routed(by="target", routes={"GuiAction": ACTIONS, "Box": BoxOverlap()})
SPLITS = ("train", "test")


def examples(size=24, **fields):
    return list(Screens(size=size, **fields).load())


def pixels(example):
    return np.asarray(example.images[0].open(), int)


def test_the_world_is_found_by_its_name():
    assert world["screens"] is Screens


@pytest.mark.parametrize("split", SPLITS)
def test_every_gold_answer_earns_full_marks(split):
    dataset = Screens(split=split, size=8 * len(MAKERS) * len(TIERS)).load()
    assert check(dataset, REWARD).render() == (
        f"Generated: {len(dataset)} examples, 0 errors, 0 warnings"
    )
    form = ThinkAnswerFormat()
    assert all(form(Completion(text=dataset[i].gold), dataset[i]).value == 1 for i in range(72))


@pytest.mark.parametrize("split", SPLITS)
def test_closed_up_every_action_earns_full_marks_of_the_published_code(split):
    kinds = tuple(kind for kind in MAKERS if kind != "locate")  # which asks for a box
    dataset = Screens(split=split, kinds=kinds, size=8 * len(kinds) * len(TIERS)).load()
    action, form = GuiActionMatch(official=True), GuiFormat(official=True)
    published = ClosedUp(reward=Weighted(action=(0.8, action), format=(0.2, form)))
    for number in range(len(dataset)):
        example = dataset[number]
        completion, _ = gold_completion(example)
        assert published(completion, example).value == 1.0, (example.id, example.gold)
        assert action(completion, example).value == 0.0  # its patterns want no space before a colon


def test_every_kind_is_asked_equally_often_at_every_tier():
    asked = Counter((e.kind, e.meta["tier"]) for e in examples(48))
    assert len(asked) == 24
    assert set(asked.values()) == {2}


def test_an_item_is_the_same_whoever_asks():
    assert examples() == examples()
    assert examples(seed=1) != examples()


def test_every_word_is_listed():
    words = set(Screens.words())
    for split in SPLITS:
        for example in examples(384, split=split):
            assert set(f"{example.question} {example.gold}".split()) <= words, example


def test_pictures_are_of_whole_tokens():
    sizes = {(e.images[0].width, e.images[0].height) for e in examples(96)}
    assert len(sizes) == 6
    assert all(side % 28 == 0 and side <= 224 for size in sizes for side in size)


def test_the_splits_share_no_colour():
    train, test = (
        {c for t in THEMES[s] for c in (t.ground, t.bar, t.surface, t.ink)} for s in SPLITS
    )
    assert not train & test


@pytest.mark.parametrize("split", SPLITS)
def test_a_coloured_button_fills_its_box_and_nothing_else(split):
    for example in examples(12, split=split, kinds=("locate",), tiers=("easy",)):
        picture = pixels(example)
        for element in example.meta["elements"]:
            x0, y0, x1, y1 = element["box"]
            paint = picture[(y0 + y1) // 2, (x0 + x1) // 2]
            ys, xs = np.nonzero((picture == paint).all(2))
            assert [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1] == element["box"]


@pytest.mark.parametrize("split", SPLITS)
def test_the_answer_lies_on_the_element_that_is_asked_for(split):
    for example in examples(24, split=split, kinds=("click", "icon"), tiers=("easy", "middle")):
        name = example.question.removesuffix(" .").split()[1:]
        name = [word for word in name if word not in ("the", "button", "icon")]
        (element,) = (e for e in example.meta["elements"] if [e["name"]] == name)
        assert example.target.target == Box(*map(float, element["box"]))
        answer = example.gold.split()
        at = answer.index("'point'")
        x, y = int(answer[at + 3]), int(answer[at + 5])
        x0, y0, x1, y1 = element["box"]
        assert x0 < x < x1
        assert y0 < y < y1


@pytest.mark.parametrize("split", SPLITS)
def test_the_ink_of_an_icon_is_inside_its_box(split):
    for example in examples(12, split=split, kinds=("icon",), tiers=("easy", "middle")):
        picture = pixels(example)
        inked = np.abs(picture - picture[0, 0]).sum(2) > 60
        boxes = np.zeros_like(inked)
        for element in example.meta["elements"]:
            x0, y0, x1, y1 = element["box"]
            boxes[y0:y1, x0:x1] = True
            assert 0.1 < inked[y0:y1, x0:x1].mean() < 0.9
        assert not (inked & ~boxes).any()


def test_the_thumb_of_a_scroll_bar_is_at_the_other_end():
    for example in examples(24, split="test", kinds=("scroll",), tiers=("easy",)):
        way = example.target.text
        accents = [list(theme.accent) for theme in THEMES["test"]]
        is_accent = (pixels(example)[:, :, None] == accents).all(3).any(2)
        is_thumb = is_accent.any(0 if way in ("left", "right") else 1)
        assert is_thumb[0] == (way in ("right", "down"))
        assert is_thumb[-1] == (way in ("left", "up"))
        assert 0.25 < is_thumb.mean() < 0.55


def test_directions_and_places_are_balanced():
    ways = Counter(e.target.text for e in examples(400, kinds=("scroll",), tiers=("easy",)))
    assert min(ways.values()) > 70
    assert len(ways) == 4


def test_the_button_below_another_is_the_next_one_down():
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(40):
        task = click("hard", "train", rng)
        if "below" not in task.question:
            continue
        seen += 1
        by_name = {e["name"]: e["box"] for e in task.meta["elements"]}
        upper = by_name[task.question.split()[-2]]
        between = [
            box for box in by_name.values()
            if box[0] == upper[0] and upper[1] < box[1] < task.target.target.y0
        ]  # fmt: skip
        assert not between
        assert task.target.target.x0 == upper[0]
    assert seen > 10


def test_a_world_describes_itself():
    assert "scroll: the direction in which there is more" in Screens().describe()


@pytest.mark.parametrize("kind", ["item", "select", "tab", "type"])
def test_a_screen_is_read_up_to_what_is_meant(kind):
    for example in examples(24, kinds=(kind,), tiers=("easy", "middle")):
        thought = (inside("think", example.gold) or "").strip()
        read, _, last = thought.partition(" : ")
        said = read.split(" , ")
        if kind == "type":
            assert "".join(said[-1].split()[1:]) == example.target.text
            continue
        names = [element["name"] for element in example.meta["elements"]]
        assert said == names[: len(said)]
        wanted = next(
            e["name"] for e in example.meta["elements"]
            if Box(*map(float, e["box"])) == example.target.target
        )  # fmt: skip
        assert (last or said[-1]) == wanted
        if last:
            assert wanted in said


def test_where_tests_put_a_bar_lies_between_where_training_does():
    shares = {}
    for split in SPLITS:
        shares[split] = []
        for example in examples(60, split=split, kinds=("tab",)):
            _, y0, _, y1 = example.meta["elements"][0]["box"]
            room = example.images[0].height - (y1 - y0)
            shares[split].append(min(y0, room - y0) / room)
    low, high = min(shares["test"]), max(shares["test"])
    assert 0.14 < low < high < 0.25
    outside = [share for share in shares["train"] if not low <= share <= high]
    assert len(outside) > 54  # but for what rounding to pixels brings in
    assert min(outside) < 0.05 < 0.35 < max(outside)


def test_training_screens_have_no_colour_of_a_test():
    rng = np.random.default_rng(0)
    of_tests = {colour for theme in THEMES["test"] for colour in vars(theme).values()}
    for theme in (theme_of("train", rng) for _ in range(200)):
        assert not of_tests & {*vars(theme).values()}
        light = [sum(shade) for shade in (theme.ground, theme.surface, theme.ink)]
        assert min(abs(light[0] - light[2]), abs(light[1] - light[2])) > 250
