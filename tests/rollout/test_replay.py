"""Selective sample replay: what is drawn, what is kept, and that it comes back from JSON."""

from __future__ import annotations

import json
import math
from collections import Counter

from regard.rollout.replay import (
    Kept,
    ReleasedReplay,
    RepeatEffective,
    Sample,
    SampleReplay,
    from_json,
    groups_of,
    samples_of,
    to_json,
)
from regard.types import Completion, Example, Finish, Group, Message, Number, Score


def samples(*advantages: float, value: float = 0.0, first: int = 0) -> list[Sample]:
    return [
        Sample(
            first + i, Completion(text=str(first + i), token_ids=(i,), logprobs=(-1 / 3,)), value, a
        )
        for i, a in enumerate(advantages)
    ]


def test_as_many_are_drawn_as_have_no_advantage():
    fresh = samples(0.875, -0.125, 0.0, 0.0, 0.0)
    made = SampleReplay()(fresh, Kept(), num_questions=1, seed=0)
    assert made.samples[:2] == fresh[:2]
    assert len(made.samples) == 5
    assert made.drawings[0].num == 3
    assert made.drawings[0].weights == (0.875, 0.125)
    assert made.metrics == {
        "replay/effective": 2.0, "replay/again": 3.0, "replay/kept": 2.0, "replay/skipped": 0.0,
    }  # fmt: skip


def test_alpha_sharpens_or_evens_out():
    fresh = samples(3.0, -1.0, 0.0)
    for alpha, weights in ((0.0, (0.5, 0.5)), (1.0, (0.75, 0.25)), (2.0, (0.9, 0.1))):
        made = SampleReplay(alpha=alpha)(fresh, Kept(), num_questions=1, seed=0)
        assert made.drawings[0].weights == weights


def test_large_advantages_are_drawn_more_often():
    fresh = samples(0.9, -0.1, *[0.0] * 2000)
    drawn = SampleReplay()(fresh, Kept(), num_questions=1, seed=3).samples[2:]
    share = Counter(sample.advantage for sample in drawn)[0.9] / 2000
    assert abs(share - 0.9) < 3 * math.sqrt(0.09 / 2000)


def test_what_is_kept_is_forgotten_after_its_lifetime():
    replay, kept, sizes = SampleReplay(lifetime=4), Kept(), []
    for step in range(4):
        made = replay(samples(1.0, 0.0, first=2 * step), kept, num_questions=2, seed=step)
        kept = made.kept
        sizes.append(len(kept.samples))
    assert sizes == [1, 0, 1, 0]


def test_a_step_without_any_signal_is_skipped_and_counted_by_all_three():
    for replay in (SampleReplay(), ReleasedReplay(), RepeatEffective()):
        made = replay(samples(0.0, 0.0), Kept(), num_questions=1, seed=0)
        assert made.samples == []
        assert made.metrics["replay/skipped"] == 1.0


def test_a_step_without_any_signal_learns_from_what_is_kept():
    kept = SampleReplay()(samples(0.5, -0.5), Kept(), num_questions=1, seed=0).kept
    made = SampleReplay()(samples(0.0, 0.0, 0.0, first=5), kept, num_questions=1, seed=1)
    assert len(made.samples) == 3
    assert {sample.position for sample in made.samples} <= {0, 1}


def test_the_same_seed_draws_the_same():
    fresh = samples(0.5, -0.5, 0.25, *[0.0] * 20)
    one, two, other = (
        [
            sample.position
            for sample in SampleReplay()(fresh, Kept(), num_questions=1, seed=s).samples
        ]
        for s in (1, 1, 2)
    )
    assert one == two != other


def test_the_released_code_learns_from_half_and_forgets_only_the_oldest():
    made = ReleasedReplay()(samples(1.0, -1.0, 0.0, 0.0), Kept(), num_questions=1, seed=0)
    assert len(made.samples) == 2
    later = ReleasedReplay()(
        samples(3.0, 0.0, 0.0, 0.0, first=9), made.kept, num_questions=1, seed=0
    )
    assert [sample.advantage for sample in later.kept.samples] == [-1.0, 3.0]


def test_kept_samples_come_back_from_a_checkpoint_bit_for_bit():
    completion = Completion(
        text="wait", token_ids=(3, 5), logprobs=(-0.1, -1 / 3), finish=Finish.LENGTH,
        policy_weights=(1.0, 0.0), imitation_weights=(0.0, 1.0),
    )  # fmt: skip
    kept = Kept((Sample(7, completion, 1 / 7, -2 / 3),), 12, 4)
    assert from_json(json.loads(json.dumps(to_json(kept)))) == kept


def test_samples_go_back_to_the_groups_of_their_examples():
    examples = {
        at: Example(id=str(at), messages=(Message("user", ("?",)),), target=Number(1.0))
        for at in (4, 9)
    }
    one = Group(
        example=examples[9],
        completions=(Completion(text="a"), Completion(text="b")),
        scores=(Score(value=1.0), Score(value=0.0)),
        advantages=(0.5, -0.5),
    )
    both = [*samples_of([one], [9]), Sample(4, Completion(text="old"), 1.0, 0.25)]
    found = groups_of([both[1], both[2], both[1]], examples.__getitem__)
    assert [group.example.id for group in found] == ["9", "4"]
    assert [c.text for c in found[0].completions] == ["b", "b"]
    assert found[0].advantages == (-0.5, -0.5)
