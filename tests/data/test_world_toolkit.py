"""What worlds have in common, on a world of one black square."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image, ImageDraw

from regard.data.worlds.common import Task, World, options, thought, vocabulary
from regard.data.worlds.drawing import FONTS, INK, PAPERS, SHADES, encoded, font, write
from regard.errors import ConfigError
from regard.types import Number


@dataclass(frozen=True, kw_only=True)
class Squares(World):
    name: ClassVar[str] = "squares"
    known_kinds: ClassVar[tuple[str, ...]] = ("side", "area")

    def make(self, kind, tier, rng):
        side = int(rng.integers(1, 10))
        image = Image.new("RGB", (28, 28), "white")
        ImageDraw.Draw(image).rectangle((0, 0, side - 1, side - 1), "black")
        answer = side if kind == "side" else side * side
        gold = thought(str(side), str(answer))
        return Task(image=image, question=f"the {kind} ?", target=Number(answer), gold=gold)

    def describe(self):
        return "A square."

    @staticmethod
    def words():
        return vocabulary("the side area ?", numbers=range(82))


def test_kinds_take_turns_and_tiers_take_turns_with_every_round_of_kinds():
    examples = list(Squares(size=12).load())
    assert [example.kind for example in examples[:4]] == ["side", "area", "side", "area"]
    pairs = Counter((example.kind, example.meta["tier"]) for example in examples)
    assert set(pairs.values()) == {2}
    assert len(pairs) == 6


def test_an_item_is_the_same_whoever_asks_and_differs_by_seed_split_and_number():
    forwards = list(Squares(size=6).load())
    backwards = [Squares(size=6).load()[i] for i in reversed(range(6))]
    assert forwards == backwards[::-1]
    assert Squares(seed=1, size=6).load()[0].id != forwards[0].id
    seen = {Squares(seed=seed, split=split).load()[n].images
            for seed in range(2) for split in ("train", "test") for n in range(4)}  # fmt: skip
    assert len(seen) > 4


def test_an_example_carries_its_name_kind_and_tier():
    example = Squares(split="test", seed=7, kinds=("area",), tiers=("hard",)).load()[3]
    assert example.id == "squares-test-7-3-area-hard"
    assert (example.source, example.kind, example.meta["tier"]) == ("squares", "area", "hard")
    assert example.images[0].open().size == (28, 28)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kinds": ("aera",)}, "squares: no kind 'aera'; did you mean 'area'"),
        ({"split": "tset"}, "did you mean 'test'"),
        ({"tiers": ("eazy",)}, "no tier 'eazy'; did you mean 'easy'"),
        ({"tiers": ()}, "no tiers are named; known: easy, middle, hard"),
        ({"size": 0}, "size must be 1 or more"),
        ({"seed": -1}, "seed 0 or more"),
    ],
)
def test_a_world_that_cannot_be_is_refused(fields, said):
    with pytest.raises(ConfigError, match=said):
        Squares(**fields)


def test_the_splits_share_no_font_shade_paper_or_ink():
    assert not set(FONTS["train"]) & set(FONTS["test"])
    assert set(SHADES["train"]) == set(SHADES["test"])
    train, test = ({s for shades in SHADES[k].values() for s in shades} for k in ("train", "test"))
    assert not train & test
    assert not set(PAPERS["train"]) & set(PAPERS["test"])
    assert INK["train"] != INK["test"]


def test_a_test_shade_is_nearer_to_its_own_name_than_to_any_other():
    for name, (shade,) in SHADES["test"].items():
        distances = {
            other: min(np.abs(np.subtract(shade, known)).sum() for known in shades)
            for other, shades in SHADES["train"].items()
        }
        assert min(distances, key=distances.get) == name


@pytest.mark.parametrize("name", [*FONTS["train"], *FONTS["test"]])
def test_every_font_writes_where_it_says(name):
    image = Image.new("RGB", (112, 56), "white")
    box = write(ImageDraw.Draw(image), (50, 30), "Ag12", font(name, 24), (0, 0, 0))
    dark = np.argwhere(np.asarray(image.convert("L")) < 128)
    (top, left), (bottom, right) = dark.min(0), dark.max(0)
    # a pixel of anti-aliasing at most is lighter than that
    assert abs(left - box.x0) <= 2
    assert abs(right + 1 - box.x1) <= 2
    assert abs(top - box.y0) <= 2
    assert abs(bottom + 1 - box.y1) <= 2


def test_the_right_option_is_anywhere():
    rng = np.random.default_rng(0)
    letters = Counter(options("1", ["2", "3", "4"], rng)[1].letter for _ in range(400))
    assert set(letters) == set("ABCD")
    assert min(letters.values()) > 70


def test_a_picture_is_a_png_of_its_own_digest():
    image = Image.new("RGB", (30, 20), "red")
    assert encoded(image) == encoded(image.copy())
    assert np.array_equal(np.asarray(encoded(image).open()), np.asarray(image))
