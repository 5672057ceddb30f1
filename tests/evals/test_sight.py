"""What is told of a policy's sight: right, constant and blind answers, kind by kind."""

from __future__ import annotations

import pytest
from tests.models.conftest import TINY

from regard.data.worlds.digits import Digits
from regard.evals.sight import judge, sights
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
