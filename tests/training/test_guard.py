"""The first batch shows whether prompts may be shared; if not, the run goes on without."""

from __future__ import annotations

import json

import pytest
from tests.models.families import load, tiny
from tests.training.conftest import reinforce, small_run

from regard.data.worlds.digits import Digits
from regard.models.families.gemma3 import Gemma3
from regard.models.policy import PolicySpec
from regard.rollout.replay import Kept
from regard.training.guard import gaps, objection


@pytest.fixture
def believed(monkeypatch):
    """Gemma 3, taken for a model whose prompts can be shared."""
    monkeypatch.setattr(Gemma3, "shared_prefix", True)


def collected(policy):
    world = Digits(size=3).load()
    return reinforce().collect(policy, world, 0, 0, Kept())


def losses(folder):
    rows = (folder / "metrics.jsonl").read_text().splitlines()
    return [json.loads(row)["loss"] for row in rows]


def test_a_model_that_may_share_its_prompts_has_nothing_to_object_to():
    policy = load("qwen3_vl")
    batch = collected(policy)
    assert objection(policy, batch, 1.0) is None
    found = gaps(policy, batch, 1.0)
    assert found.keys() == {"sampling", "training"}
    assert max(found.values()) < 1e-5


def test_windows_that_slide_are_found_out(believed):
    policy = load("gemma3")
    assert policy.path == "shared"
    batch = collected(policy)
    assert min(gaps(policy, batch, 1.0).values()) > 1e-2
    assert "sharing prompts is not right for it" in objection(policy, batch, 1.0)


def test_the_wrong_temperature_is_found_out_too():
    policy = load("llava")
    assert "in sampling differ by" in objection(policy, collected(policy), 0.5)


def test_a_run_that_falls_back_ends_as_one_that_never_shared(carry_out, monkeypatch):
    stage = reinforce(updates_per_step=1, passes_per_step=1)
    run = small_run(stage, policy=PolicySpec(weights=tiny("gemma3")), evaluation=None)
    plain, said = carry_out(run, "plain")
    assert said.count("gemma3: each completion is run alone behind its prompt") == 1
    monkeypatch.setattr(Gemma3, "shared_prefix", True)
    guarded, said = carry_out(run, "guarded")
    assert said.count("so sharing prompts is not right for it; gemma3: each completion") == 1
    assert losses(guarded) == pytest.approx(losses(plain), rel=1e-4)
