"""Second looks: who gets one, with what words, which are accepted, and which tokens learn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from regard.models.prompts import Prompt
from regard.rewards.contract import say
from regard.rollout.rethinking import Rethink, SecondLook, cut_back, joined, plan_of
from regard.rollout.sampling import Sampling
from regard.rollout.scripted import ScriptedEngine
from regard.types import Completion, Example, Finish, Group, Message, Number, Score

END = 0
LETTERS = SimpleNamespace(
    stop_ids=(END,),
    encode=lambda text: [*map(ord, text), END],
    decode_text=lambda ids: "".join(chr(i) for i in ids if i != END),
)
"""A policy whose tokens are letters."""
QUESTION = Example(id="q", messages=(Message("user", ("?",)),), target=Number(4.0))
PROMPT = Prompt(example_id="q", token_ids=(1,), images=(), frames=())
ALWAYS = Rethink(share=1.0, rewind_share=0.0, least_new_tokens=0, most_new_tokens=40, easy_from=1.0)
SAMPLING = Sampling(max_tokens=120)


@dataclass(frozen=True)
class EndsWithFour:
    """Right is what ends with a 4."""

    range: tuple[float, float] = (0.0, 1.0)

    def __call__(self, completion: Completion, example: Example) -> Score:
        return Score(value=float(completion.text.endswith("4")))


def answer(text: str, **changes) -> Completion:
    ids = tuple(LETTERS.encode(text))
    return replace(say(text), token_ids=ids, logprobs=(-1.0,) * len(ids), **changes)


def group(*texts: str) -> Group:
    completions = tuple(answer(text) for text in texts)
    return Group(example=QUESTION, completions=completions).scored(
        [EndsWithFour()(one, QUESTION) for one in completions]
    )


def rethought(rethink, one: Group, second: str, seed: int = 0):
    engine = ScriptedEngine(lambda prompt, index, seed: second, encode=LETTERS.encode)
    groups, counts = rethink(LETTERS, engine, [PROMPT], [one], EndsWithFour(), SAMPLING, seed)
    return groups[0], counts


def test_a_second_look_that_comes_out_right_takes_the_place_of_the_first():
    plain = replace(ALWAYS, plain_share=1.0)
    found, counts = rethought(plain, group("3", "4"), ", it is 4")
    assert [c.text for c in found.completions] == ["3\n\nWait, it is 4", "4\n\nWait, it is 4"]
    assert found.values == (1.0, 1.0)
    assert counts == {"rethink/native": 0.0, "rethink/tried": 2.0, "rethink/accepted": 2.0}


def test_what_the_policy_did_not_draw_pushes_nothing_and_only_the_second_look_is_imitated():
    found, _ = rethought(replace(ALWAYS, plain_share=1.0), group("3"), ", 4")
    (one,) = found.completions
    # "3", then "\n\nWait", then ", 4" and the end
    assert one.policy_weights == (1.0,) + (0.0,) * 6 + (1.0,) * 4
    assert one.imitation_weights == (0.0,) * 7 + (1.0,) * 4
    assert len(one.token_ids) == len(one.logprobs) == 11
    assert END not in one.token_ids[:-1]


def test_a_wrong_second_look_changes_nothing():
    found, counts = rethought(ALWAYS, group("3", "4"), ", it is 5")
    assert found == group("3", "4")
    assert counts["rethink/accepted"] == 0.0


@pytest.mark.parametrize(
    ("changes", "second"),
    [
        ({"least_new_tokens": 10}, ", 4"),  # too short
        ({"most_new_tokens": 4}, ", 4"),  # as long as may be: cut, perhaps
        ({"most_marks": 2}, ", alternatively, wait, 4"),  # one more than two with the trigger's
    ],
)
def test_a_second_look_of_the_wrong_length_or_that_wavers_is_not_accepted(changes, second):
    assert rethought(replace(ALWAYS, **changes), group("3"), second)[0] == group("3")


def test_at_most_two_are_accepted_in_a_group():
    found, counts = rethought(ALWAYS, group("3", "3", "3", "3"), " 4")
    assert counts["rethink/tried"] == 4.0
    assert counts["rethink/accepted"] == 2.0
    assert found.values == (1.0, 1.0, 0.0, 0.0)


def test_what_asks_verifies_or_corrects_depends_on_what_was_right():
    by_truth = replace(ALWAYS, plain_share=0.0, questioning_share=0.0)
    found, _ = rethought(by_truth, group("3", "4"), " 4")
    assert ["mistake" in c.text for c in found.completions] == [True, False]
    assert ["double check" in c.text for c in found.completions] == [False, True]
    asks = replace(ALWAYS, plain_share=0.0, questioning_share=1.0)
    found, _ = rethought(asks, group("3"), " 4")
    assert "does it seem right?" in found.completions[0].text


def test_where_a_question_is_easy_wrong_answers_are_left_alone():
    easy = replace(ALWAYS, easy_from=0.7)
    _, counts = rethought(easy, group("4", "4", "4", "3"), " 4")
    assert counts["rethink/tried"] == 3.0


def test_answers_that_were_cut_or_leave_no_room_get_no_second_look():
    cut = replace(group("3"), completions=(answer("3", finish=Finish.LENGTH),))
    assert rethought(ALWAYS, cut, " 4")[1]["rethink/tried"] == 0.0
    assert rethought(ALWAYS, group("3" * 79), " 4")[1]["rethink/tried"] == 0.0


def test_who_gets_one_depends_on_the_seed_alone():
    some = replace(ALWAYS, share=0.5)
    texts = group(*["3"] * 16)
    first, again, other = (
        rethought(some, texts, " 4", seed)[1]["rethink/tried"] for seed in (0, 0, 1)
    )
    assert first == again
    assert 0 < first < 16
    assert 0 < other < 16


def test_rewinding_keeps_tokens_and_their_log_probabilities():
    one = answer("Step 1.\n\nStep 2.\n\nThe answer is 4")
    cut = cut_back(one, LETTERS)
    assert one.text[:cut] == "Step 1.\n\nStep 2."
    plan = plan_of(0, 0, one, cut, "\n\nWait", LETTERS)
    whole = joined(plan, answer(" 4"), LETTERS.decode_text)
    assert whole.text == "Step 1.\n\nStep 2.\n\nWait 4"
    assert whole.logprobs[:cut] == one.logprobs[:cut]


def test_in_evaluation_forced_counts_always_and_bound_only_where_it_can_help():
    one = group("4", "3", "3")
    engine = ScriptedEngine(lambda p, i, seed: ", 5" if i == 0 else ", 4", encode=LETTERS.encode)

    def seconds(kind):
        look = SecondLook(kind=kind, max_new_tokens=9)
        (found,) = look(LETTERS, engine, [PROMPT], [one], EndsWithFour(), SAMPLING, 0)
        return found

    # the scripted engine answers each prompt once, so every index is 0
    assert seconds("forced").values == (0.0, 0.0, 0.0)
    assert seconds("bound").values == (1.0, 0.0, 0.0)
    assert seconds("bound").completions[0].text == "4"
    assert SecondLook(max_new_tokens=9).most_more(LETTERS) == 9 + 6
