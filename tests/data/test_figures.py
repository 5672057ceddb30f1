"""Figures: right answers, held-out parts, and pictures that show what is asked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from regard.data.check import check
from regard.data.worlds.common import TIERS
from regard.data.worlds.drawing import SHADES
from regard.data.worlds.figures import MAKERS, Figures
from regard.data.worlds.figures.asked import wrong_numbers
from regard.data.worlds.figures.tables import COLUMNS, table_of
from regard.errors import ConfigError
from regard.registry import world
from regard.rewards import ExactAnswer, ThinkAnswerFormat
from regard.types import Choice, Completion, Label, Number


def examples(size=20, **fields):
    return list(Figures(size=size, **fields).load())


def test_the_world_is_found_by_its_name():
    assert world["figures"] is Figures


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_gold_answer_is_right_and_well_formed(split):
    dataset = Figures(split=split, size=6 * len(MAKERS) * len(TIERS)).load()
    assert check(dataset, ExactAnswer()).render() == (
        f"Generated: {len(dataset)} examples, 0 errors, 0 warnings"
    )
    form = ThinkAnswerFormat()
    assert all(form(Completion(text=dataset[i].gold), dataset[i]).value == 1 for i in range(81))


def test_every_kind_is_asked_equally_often_at_every_tier():
    asked = Counter((e.kind, e.meta["tier"]) for e in examples(54))
    assert len(asked) == 27
    assert set(asked.values()) == {2}


def test_a_quarter_of_the_questions_comes_with_options_or_as_many_as_wanted():
    some = [isinstance(e.target, Choice) for e in examples(300, kinds=("length",), tiers=("easy",))]
    assert 0.2 < np.mean(some) < 0.3
    every = examples(60, choice_share=1.0)
    assert all(isinstance(e.target, Choice) for e in every)
    assert all(e.target.options.count(e.target.options["ABCD".index(e.target.letter)]) == 1
               for e in every)  # fmt: skip
    with pytest.raises(ConfigError, match="choice_share is"):
        Figures(choice_share=25)


def test_an_item_is_the_same_whoever_asks():
    assert examples(27) == examples(27)
    assert examples(27, seed=1) != examples(27)


def test_every_word_is_listed():
    words = set(Figures.words())
    for split in ("train", "test"):
        for example in examples(324, split=split):
            assert set(f"{example.question} {example.gold}".split()) <= words, example


def test_pictures_are_small_and_mostly_of_whole_tokens():
    for example in examples(54):
        width, height = example.images[0].width, example.images[0].height
        assert width % 28 == height % 28 == 0
        assert max(width, height) <= 224


def test_no_sample_of_a_table_is_in_both_splits():
    sizes = {name: [len(table_of(name, split)) for split in ("train", "test")] for name in COLUMNS}
    # 442 patients, 178 wines, 150 flowers, 569 tissues; a quarter of each
    assert sizes == {"diabetes": [332, 110], "wine": [134, 44], "iris": [112, 38],
                     "breast_cancer": [427, 142]}  # fmt: skip


def test_the_shapes_that_are_counted_are_there():
    for split in ("train", "test"):
        for example in examples(30, split=split, kinds=("counting",), choice_share=0):
            picture = np.asarray(example.images[0].open(), int)
            ground = picture[0, 0] if not np.ptp(picture[:2, :2]) else picture[-1, -1]
            drawn = example.meta["shapes"]
            for shape in drawn:
                x, y = shape["at"]
                assert np.abs(picture[y, x] - ground).sum() > 60
            counted = [s for s in drawn if all(
                word in example.question or word == "shape"
                for word in _asked_words(example.question, s))]  # fmt: skip
            assert len(counted) == example.target.value


def _asked_words(question, shape):
    """What must be in the question for a shape to be meant by it."""
    words = question.split()
    wanted = []
    if "shapes" not in words:
        wanted.append(shape["shape"])
    if words[2] in ("red", "yellow", "green", "blue", "purple", "black"):
        wanted.append(shape["colour"])
    return wanted


def test_a_table_says_what_is_answered():
    for example in examples(30, kinds=("table",), tiers=("easy", "middle"), choice_share=0):
        _, _, _, column, _, row, _ = example.question.split()
        value = example.meta["rows"]["abcd".index(row)][example.meta["columns"].index(column)]
        assert example.target == Number(float(value))


def test_the_highest_bar_is_the_one_with_most_paint():
    for example in examples(30, kinds=("bars",), tiers=("easy",), choice_share=0):
        if "highest" not in example.question:
            continue
        picture = np.asarray(example.images[0].open(), int)[:86]
        paint = np.abs(picture - picture[1, 111]).sum(2) > 120
        paint[:, :8] = False
        columns = paint.sum(0)
        # three bars on the 104 pixels from 4 on
        heights = [columns[4 + round(104 * (i + 0.5) / 3)] for i in range(3)]
        assert example.target == Label("abc"[int(np.argmax(heights))], ("a", "b", "c"))


def test_the_largest_piece_of_a_pie_has_most_pixels():
    for example in examples(20, split="test", kinds=("pies",), tiers=("middle",), choice_share=0):
        picture = example.images[0].open()
        counts = sorted(picture.getcolors(picture.width * picture.height), reverse=True)
        ground = picture.getpixel((0, 0))
        biggest = next(colour for _, colour in counts if colour != ground)
        name = next(name for name, shades in SHADES["test"].items() if biggest in shades)
        assert example.meta["shares"][name] == max(example.meta["shares"].values())


def test_the_dot_lies_at_the_answer():
    for example in examples(20, kinds=("functions",), tiers=("middle",), choice_share=0):
        x, y = int(example.gold.split()[3]), int(example.target.value)
        picture = np.asarray(example.images[0].open(), int)
        # 20 pixels for one, the origin at 70
        dot = picture[70 - 20 * y - 2 : 70 - 20 * y + 2, 70 + 20 * x - 2 : 70 + 20 * x + 2]
        assert dot.max() < 40


def test_a_world_describes_itself():
    assert "counting: how many of one sort" in Figures().describe()


def test_a_right_number_is_no_rounder_than_the_wrong_ones():
    rng = np.random.default_rng(0)
    for right, step in ((40, 10), (25, 5), (7, 1), (-2, 1), (0, 1)):
        wrong = [int(number) for number in wrong_numbers(right, rng)]
        assert len({right, *wrong}) == 4
        assert all(number % step == 0 for number in wrong)
        assert right < 0 or min(wrong) >= 0
