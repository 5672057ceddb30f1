"""Replies that are drawn anew: which, how often, what is kept, and what both are worth."""

from __future__ import annotations

import pytest
from tests.models.conftest import TINY

from regard.data.worlds.digits import Digits
from regard.errors import ConfigError
from regard.evals.held_out import Answered, HeldOut
from regard.evals.resampling import Resampling
from regard.models.policy import PolicySpec
from regard.models.prompts import Prompt
from regard.rewards import ExactAnswer
from regard.rewards.contract import say
from regard.rollout.rethinking import SecondLook
from regard.rollout.sampling import Sampling
from regard.types import Example, Group, Message, Number

WARM = Sampling(temperature=0.6, max_tokens=4)
RIGHT, WRONG, OPEN = "<answer>4</answer>", "<answer>5</answer>", "<answer>4"


def example(name):
    return Example(id=name, messages=(Message("user", ("?",)),), target=Number(4.0))


class Replies:
    """An engine with a list of replies to each example, in turn, that notes what it was asked."""

    def __init__(self, **replies):
        self.replies = {name: iter(own) for name, own in replies.items()}
        self.asked = []

    def sample(self, prompts, group_size, sampling, seed):
        self.asked.append(([prompt.example_id for prompt in prompts], group_size, seed))
        return [
            [say(next(self.replies[prompt.example_id])) for _ in range(group_size)]
            for prompt in prompts
        ]


def kept(first, engine, **options):
    """The texts that are kept of groups with these first replies, and the groups."""
    groups = [
        Group(example=example(name), completions=tuple(map(say, texts)))
        for name, texts in first.items()
    ]
    prompts = [Prompt(example_id=name, token_ids=(1,), images=(), frames=()) for name in first]
    found = Resampling(**options)(engine, prompts, groups, ExactAnswer(), WARM, 0)
    return [[each.text for each in group.completions] for group in found], found


def test_only_what_is_open_is_drawn_anew_and_the_first_closed_reply_kept():
    engine = Replies(a=[OPEN, WRONG, RIGHT])
    texts, groups = kept({"a": [OPEN], "b": [RIGHT]}, engine)
    assert texts == [[WRONG], [RIGHT]]
    assert [group.values for group in groups] == [(0.0,), (1.0,)]
    assert [names for names, *_ in engine.asked] == [["a"], ["a"]]


def test_of_replies_that_never_close_the_last_is_kept():
    texts, _ = kept({"a": ["1"]}, Replies(a=["2", "3", "4", "5", "6"]))
    assert texts == [["5"]]
    texts, _ = kept({"a": ["1"]}, Replies(a=["2", "3", "4"]), max_more=2)
    assert texts == [["3"]]


def test_each_answer_of_a_group_is_drawn_for_itself_from_a_seed_of_its_own():
    engine = Replies(a=[RIGHT, OPEN, WRONG])
    texts, _ = kept({"a": [OPEN, WRONG, OPEN]}, engine)
    assert texts == [[RIGHT, WRONG, WRONG]]
    assert len({seed for *_, seed in engine.asked}) == len(engine.asked) == 3


def test_both_accuracies_are_reported():
    held_out = HeldOut(
        data=Digits(size=2), reward=ExactAnswer(), sampling=WARM, resampling=Resampling()
    )

    def groups(*texts):
        return [
            Group(example=example(str(i)), completions=(say(text),)).scored(
                [ExactAnswer()(say(text), example(str(i)))]
            )
            for i, text in enumerate(texts)
        ]

    batch = Answered(groups(RIGHT, RIGHT, OPEN, WRONG), [], groups(RIGHT, OPEN, OPEN, WRONG))
    measured = held_out.summary([batch])
    assert measured.accuracy == 0.5
    assert measured.metrics["resampled/first_accuracy"] == 0.25
    assert measured.metrics["resampled/share"] == 0.5
    assert measured.metrics["resampled/still_open"] == 0.25
    assert held_out.summary([]).accuracy == 0.0


def test_a_policy_is_asked_again():
    policy = PolicySpec(weights=TINY).load()
    held_out = HeldOut(
        data=Digits(split="test", size=3), reward=ExactAnswer(), num_samples=2, sampling=WARM,
        resampling=Resampling(max_more=1),
    )  # fmt: skip
    (batch,) = held_out.answers(policy)
    pairs = [
        (old.token_ids, new.token_ids)
        for first, again in zip(batch.first, batch.groups, strict=True)
        for old, new in zip(first.completions, again.completions, strict=True)
    ]
    assert len(pairs) == 6
    assert sum(old != new for old, new in pairs) >= 5  # weights at random never close a tag
    assert held_out.measure(policy).metrics["resampled/share"] == 1.0


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"sampling": Sampling(temperature=0.0)}, "at temperature 0 every reply is the same"),
        ({"second_look": SecondLook()}, "one of them"),
    ],
)
def test_what_cannot_be_drawn_anew_is_told(changes, fault):
    fields = {"data": Digits(size=1), "reward": ExactAnswer(), "sampling": WARM}
    with pytest.raises(ConfigError, match=fault):
        HeldOut(**{**fields, "resampling": Resampling(), **changes})
    with pytest.raises(ConfigError, match="max_more is 0"):
        Resampling(max_more=0)
