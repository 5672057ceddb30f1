"""The demonstration: from the base model, or from nothing."""

from __future__ import annotations

import json

import pytest
from tests.training.conftest import carried_out

from regard.data.worlds.digits import Digits
from regard.models.policy import SHIPPED
from regard.recipes import quickstart as recipe


def accuracies(folder) -> list[float]:
    lines = (folder / "evaluations.jsonl").read_text().splitlines()
    return [json.loads(line)["accuracy"] for line in lines]


def test_it_begins_at_the_base_model_which_knows_the_words_of_its_questions():
    run = recipe.quickstart()
    assert run.policy.weights in SHIPPED
    tokenizer = run.policy.load().tokenizer
    assert {len(tokenizer.tokenize(word)) for word in Digits.words()} == {1}


@pytest.mark.parametrize("small", [recipe.smoke, recipe.from_scratch_smoke])
def test_the_smoke_versions_run_to_their_end(small, tmp_path):
    assert "after rl" in carried_out(small(), tmp_path / "run")


@pytest.mark.slow
def test_the_base_model_learns_to_answer_what_it_was_never_asked(tmp_path):
    carried_out(recipe.quickstart(), tmp_path / "run")
    before, *_, after = accuracies(tmp_path / "run")
    assert before < 0.6
    assert after > before + 0.2


@pytest.mark.slow
def test_from_scratch_reinforcement_takes_over_where_imitation_left_off(tmp_path):
    carried_out(recipe.from_scratch(), tmp_path / "run")
    before, *between, after = accuracies(tmp_path / "run")
    assert before < 0.1 < 0.6 <= max(between)
    assert after > 0.85
