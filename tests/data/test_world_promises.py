"""What every generated world promises, on a few examples of each kind at each tier."""

from __future__ import annotations

from collections import Counter

import pytest

from regard.data.worlds.gates import Gates
from regard.data.worlds.scans import Scans
from regard.data.worlds.tissue import Tissue
from regard.registry import world
from regard.rewards.answers import ExactAnswer
from regard.rewards.format import ThinkAnswerFormat
from regard.types import Completion

WORLDS = [Scans, Tissue, Gates]


@pytest.fixture(scope="module", params=WORLDS, ids=lambda kind: kind.name)
def pair(request):
    """A world, and some of its training and test examples: three for each kind and tier."""
    kind = request.param
    size = 9 * len(kind.known_kinds)
    return kind, *(list(kind(split=split, size=size).load()) for split in ("train", "test"))


def test_a_world_is_found_by_its_name(pair):
    kind, *_ = pair
    assert world[kind.name] is kind


def test_the_gold_answer_earns_full_marks_for_what_it_says_and_how(pair):
    _, train, test = pair
    for example in (*train, *test):
        completion = Completion(text=example.gold)
        score = ExactAnswer()(completion, example)
        assert score.value == 1.0, (example.id, example.gold, score.reason)
        assert ThinkAnswerFormat()(completion, example).value == 1.0


def test_an_item_is_the_same_whoever_asks(pair):
    kind, train, _ = pair
    again = kind(seed=0, size=len(train)).load()
    assert [again[i] for i in (7, 3, 0)] == [train[i] for i in (7, 3, 0)]


def test_kinds_and_tiers_are_equally_frequent(pair):
    kind, train, _ = pair
    pairs = Counter((example.kind, example.meta["tier"]) for example in train)
    assert len(pairs) == 3 * len(kind.known_kinds)
    assert set(pairs.values()) == {3}


def test_no_picture_occurs_in_both_splits(pair):
    _, *splits = pair
    train, test = ({image.digest for e in split for image in e.images} for split in splits)
    assert not train & test


def test_every_word_is_listed_and_in_lower_case_but_for_letters_of_options(pair):
    kind, train, test = pair
    listed = set(kind.words())
    for example in (*train, *test):
        assert set(f"{example.question} {example.gold}".split()) <= listed, example.id
    assert all(word == word.lower() for word in listed - set("ABCD"))


def test_pictures_are_small_and_of_whole_squares(pair):
    _, train, test = pair
    for image in (image for example in (*train, *test) for image in example.images):
        assert image.width % 28 == image.height % 28 == 0
        assert 112 <= max(image.width, image.height) <= 224


def test_a_world_says_that_its_findings_are_simulated(pair):
    kind, train, _ = pair
    if kind in (Scans, Tissue):
        assert "SIMULATED" in kind().describe()
        assert all(example.meta["simulated"] for example in train)
    assert "test" in kind(split="test").describe()
