"""The world of pictures that are real, tampered with, or synthetic."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from regard.data.gold import gold_completion
from regard.data.worlds.forgeries import (
    GENERATORS,
    HELD_OUT_GENERATORS,
    SIDE,
    Forgeries,
)
from regard.data.worlds.grounds import _PARTS
from regard.errors import ConfigError
from regard.registry import world
from regard.rewards.forgery import (
    ExplanationOverlap,
    ForgeryBoxFormat,
    ForgeryClass,
    ForgeryOverlap,
)
from regard.rewards.format import ThinkAnswerFormat
from regard.types import Box


def some(size=27, **fields):
    return Forgeries(size=size, **fields).load()


def test_the_world_is_found_by_its_name():
    assert world["forgeries"] is Forgeries


def test_an_item_is_the_same_whoever_asks_in_whatever_order():
    forwards = [some(seed=3)[i] for i in range(6)]
    assert forwards == [some(seed=3)[i] for i in reversed(range(6))][::-1]
    assert some(seed=4)[0].images != forwards[0].images


def test_verdicts_and_tiers_are_equally_frequent():
    counts = Counter((example.target.verdict, example.meta["tier"]) for example in some())
    assert len(counts) == 9
    assert set(counts.values()) == {3}


@pytest.mark.parametrize("split", ["train", "test"])
def test_gold_answers_earn_full_marks(split):
    for example in some(split=split, seed=1):
        completion, is_sure = gold_completion(example)
        assert is_sure
        rewards = [ThinkAnswerFormat(), ForgeryClass(), ForgeryBoxFormat(), ExplanationOverlap()]
        if example.kind == "tampered":
            rewards.append(ForgeryOverlap())
        for reward in rewards:
            score = reward(completion, example)
            assert score.value == pytest.approx(1.0), (example.gold, reward, score.reason)


def test_the_region_is_the_tight_box_of_the_mask_and_only_tampered_pictures_have_one():
    forgeries = Forgeries(size=27)
    for index, example in enumerate(forgeries.load()):
        made = forgeries.picture(index)
        assert made.region == example.target.region
        assert bool(made.mask.any()) == (example.kind == "tampered")
        if example.kind == "tampered":
            rows, columns = np.nonzero(made.mask)
            corners = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert example.target.region == Box(*corners)
        assert np.array_equal(np.asarray(example.images[0].open()), np.asarray(made.image))
        assert example.images[0].width == SIDE


def test_noise_is_less_where_it_was_tampered_with():
    forgeries = Forgeries(kinds=("tampered",), tiers=("easy",), size=20)
    is_less = []
    for index in range(20):
        made = forgeries.picture(index)
        grey = np.asarray(made.image.convert("L"), float)
        grain = np.abs(grey[:, 2:] - 2 * grey[:, 1:-1] + grey[:, :-2])
        mask = made.mask[:, 1:-1]
        if made.method == "copy":
            is_less.append(np.median(grain[mask]) < np.median(grain[~mask]))
    assert sum(is_less) >= 0.8 * len(is_less) > 0


def test_the_splits_see_different_parts_of_the_photographs():
    assert _PARTS["train"][1] < _PARTS["test"][0]


def test_held_out_generators_are_never_trained_on():
    assert not set(GENERATORS) & set(HELD_OUT_GENERATORS)
    seen = {example.meta["method"] for example in some(size=45)}
    assert seen <= {"camera", "splice", "copy", "repaint", *GENERATORS}
    held_out = some(split="test", domain="held_out_generators")
    methods = {example.meta["method"] for example in held_out}
    assert methods == {"camera", "repaint", *HELD_OUT_GENERATORS}


@pytest.mark.parametrize("domain", ["seen", "held_out_generators"])
def test_every_word_of_every_example_is_listed(domain):
    words = set(Forgeries.words())
    for example in some(split="test", domain=domain):
        assert set(f"{example.question} {example.gold}".split()) <= words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"domain": "held_out_generators"}, "needs split='test'"),
        ({"domain": "seem"}, "did you mean 'seen'"),
    ],
)
def test_a_world_that_cannot_be_is_refused(fields, said):
    with pytest.raises(ConfigError, match=said):
        Forgeries(**fields)


def test_a_world_describes_itself():
    assert "TAMPERED , ( 10 , 20 ) , ( 60 , 80 ) ." in Forgeries().describe()
