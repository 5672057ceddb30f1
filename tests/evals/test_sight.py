"""What is told of a policy's sight: right, constant and blind answers, kind by kind."""

from __future__ import annotations

import pytest
from tests.models.conftest import TINY

from regard.data.worlds.digits import Digits
from regard.data.worlds.forgeries import Forgeries
from regard.data.worlds.scenes import Scenes
from regard.evals.sight import judge, sights, swapped
from regard.models.policy import PolicySpec
from regard.recipes.tiny_base import WORLDS
from regard.registry import world
from regard.rewards.contract import say, score_group


@pytest.mark.parametrize("name", WORLDS)
def test_the_gold_answers_of_every_kind_are_right(name):
    dataset = world[name](split="test", size=20).load()
    for example in (dataset[i] for i in range(20)):
        (score,) = score_group(judge(example), [say(example.gold)], example)
        assert score.value == 1.0, (example.id, example.gold, score.reason)


def test_a_policy_that_knows_nothing_is_right_of_nothing_and_a_constant_answer_of_some():
    dataset = Digits(split="test", kinds=("left", "right"), size=20).load()
    found = sights(PolicySpec(weights=TINY).load(), dataset, max_tokens=4)
    assert [(sight.kind, sight.num_examples) for sight in found] == [("left", 10), ("right", 10)]
    for sight, kind in zip(found, ("left", "right"), strict=True):
        shown = [dataset[i].meta[kind] for i in range(20) if dataset[i].kind == kind]
        assert sight.constant == max(map(shown.count, shown)) / 10
        assert sight.accuracy == sight.blind == 0.0


def pictures(examples):
    return [example.images[0].digest for example in examples]


def test_pictures_are_swapped_within_a_kind_a_tier_and_a_size():
    examples = list(Scenes(split="test", kinds=("naming", "where"), size=36).load())
    shown = swapped(examples)
    assert [e.question for e in shown] == [e.question for e in examples]
    for example, other in zip(examples, pictures(shown), strict=True):
        owner = examples[pictures(examples).index(other)]
        assert owner != example
        assert (owner.kind, owner.meta["tier"]) == (example.kind, example.meta["tier"])


def test_verdicts_asked_by_the_same_words_are_one_kind_to_whoever_does_not_look():
    dataset = Forgeries(split="test", size=36, tiers=("easy",)).load()
    examples = list(dataset)
    own = pictures(examples)
    kinds = [examples[own.index(shown)].kind for shown in pictures(swapped(examples))]
    same = sum(kind == e.kind for kind, e in zip(kinds, examples, strict=True))
    assert 4 < same < 20  # a third by chance
    found = sights(PolicySpec(weights=TINY).load(), dataset, max_tokens=2)
    assert {sight.constant for sight in found} == {1 / 3}
