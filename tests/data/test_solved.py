"""Questions chosen by how often they were answered rightly."""

from __future__ import annotations

import json

import pytest

from regard.data.rollouts import group_to_json
from regard.data.solved import Solved
from regard.data.worlds.digits import Digits
from regard.errors import ConfigError, DataError
from regard.types import Completion, Group, Score

SOURCE = Digits(size=4)


@pytest.fixture
def answers(tmp_path):
    """No answer to the first question is right, half of the second's, all of the third's."""
    path = tmp_path / "answers.jsonl"
    lines = []
    for number, values in enumerate(([0, 0], [1, 0.5], [1, 1])):
        texts = (Completion(text="a"), Completion(text="b"))
        said = Group(example=SOURCE.load()[number], completions=texts)
        scored = said.scored([Score(value=value) for value in values])
        lines.append(group_to_json(scored, step=0, stage="eval", image=lambda image: "x.png"))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def chosen(answers, **bounds):
    subset = Solved(source=SOURCE, answers=answers, **bounds).load()
    return [SOURCE.load()[i].id for i in range(4) if SOURCE.load()[i].id in {e.id for e in subset}]


def test_examples_are_taken_between_two_bounds_and_what_was_not_asked_is_left_out(answers):
    first, second, third, _ = (SOURCE.load()[i].id for i in range(4))
    assert chosen(answers) == [first, second, third]
    assert chosen(answers, least=0.1, most=0.9) == [second]
    assert chosen(answers, least=0.5) == [second, third]
    assert chosen(answers, most=0.4) == [first]


def test_a_right_answer_may_earn_less_than_one(answers):
    subset = Solved(source=SOURCE, answers=answers, full_marks=0.5, least=1.0).load()
    assert len(subset) == 2


def test_nothing_between_the_bounds_is_told_with_what_there_is(answers):
    with pytest.raises(ConfigError, match=r"of 4 examples none .* it has 3 of them"):
        Solved(source=SOURCE, answers=answers, least=0.6, most=0.9).load()
    with pytest.raises(ConfigError, match="expected shares in order"):
        Solved(source=SOURCE, answers=answers, least=0.9, most=0.6)


def test_another_file_is_told_from_answers(tmp_path):
    path = tmp_path / "other.jsonl"
    path.write_text('{"id": "a"}\n')
    with pytest.raises(DataError, match=r"other\.jsonl:1: expected a group"):
        Solved(source=SOURCE, answers=str(path)).load()
