"""Carrying out a run: what it does to its process, and what it leaves in its folder."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
import torch
from tests.data.pictures import png, png_header
from tests.training.conftest import carried_out, cold_start, reinforce, small_run

from regard.data.mixing import Mix
from regard.data.readers import Jsonl
from regard.data.worlds.digits import Digits
from regard.errors import ConfigError, DataError, MissingExtra
from regard.evals.held_out import HeldOut
from regard.models.parts import Lora
from regard.recipes.execute import with_seed
from regard.rewards import ExactAnswer
from regard.training.folder import read_rows


@pytest.fixture
def carry_out(tmp_path):
    """Carries out a run in a folder of the test's own; the folder and what was printed."""
    return lambda run: (tmp_path / "run", carried_out(run, tmp_path / "run"))


def tiny_step(**changes):
    return cold_start(num_steps=1, prompts_per_step=2, **changes)


def are_denormals_kept() -> bool:
    return bool(torch.tensor(1e-20) * 1e-20 > 0)


@pytest.mark.parametrize("kept", [True, False])
def test_threads_and_denormal_numbers_are_afterwards_what_they_were(kept, carry_out):
    before = torch.get_num_threads()
    torch.set_flush_denormal(not kept)
    try:
        carry_out(small_run(tiny_step(), num_threads=before + 1, evaluation=None))
        assert torch.get_num_threads() == before
        assert are_denormals_kept() is kept
    finally:
        torch.set_flush_denormal(False)


def records(tmp_path) -> Jsonl:
    """Three good records; and one each of: broken JSON, a huge image, an image that is cut off,
    one pixel, a placeholder too many, a prompt that is too long."""
    for name, content in {
        "good.png": png(56, 28), "one.png": png(1, 1), "huge.png": png_header(20_000, 20_000),
        "cut.png": png(56, 28)[:60],
    }.items():  # fmt: skip
        (tmp_path / name).write_bytes(content)
    asked = {
        "prompt": "<image> what is the sum ?", "images": ["good.png"], "target": 3,
        "gold": "<answer> 3 </answer>",
    }  # fmt: skip
    lines = [
        *({**asked, "id": f"good-{i}"} for i in range(3)),
        {**asked, "id": "one", "images": ["one.png"]},
        {**asked, "id": "huge", "images": ["huge.png"]},
        {**asked, "id": "cut", "images": ["cut.png"]},
        {**asked, "id": "places", "prompt": "<image> <image> which ?"},
        {**asked, "id": "long", "prompt": "<image> " + "what " * 300},
    ]
    path = tmp_path / "records.jsonl"
    path.write_text('{"id": "broken",\n' + "".join(json.dumps(line) + "\n" for line in lines))
    return Jsonl(path=str(path), on_bad="drop")


def test_each_bad_record_is_left_out_alone_and_told(carry_out, tmp_path):
    data = records(tmp_path)
    evaluation = HeldOut(
        data=data, reward=ExactAnswer(), num_examples=6,
        sampling=reinforce().sampling,
    )  # fmt: skip
    stage = cold_start(data=data, num_steps=1, prompts_per_step=6)
    folder, printed = carry_out(small_run(stage, evaluation=evaluation))
    # the reader: broken, huge, places; the step: cut, long; what is left: three good, one pixel
    assert "left out records.jsonl:1: not JSON" in printed
    assert "left out records.jsonl:6: example 'huge': image" in printed
    assert "huge.png: too large to decode" in printed
    assert "left out records.jsonl:8: example 'places': 2 <image> in the text, but 1" in printed
    assert "3 bad records left out in all" in printed
    assert "step 1: left out example 'cut': image" in printed
    assert "step 1: left out example 'long': " in printed
    assert read_rows(folder / "metrics.jsonl")[0]["data/dropped"] == 2
    assert [row["num_examples"] for row in read_rows(folder / "evaluations.jsonl")] == [4, 4]


def test_bad_records_of_a_mix_are_told_too(carry_out, tmp_path):
    mix = Mix({"own": (1, records(tmp_path)), "digits": (1, Digits(size=8))})
    _, printed = carry_out(small_run(tiny_step(data=mix), evaluation=None))
    assert "3 bad records left out in all" in printed


def test_by_default_a_bad_record_stops_the_run_before_it_begins(carry_out, tmp_path):
    data = replace(records(tmp_path), on_bad="raise")
    with pytest.raises(DataError, match=r"3 of 9 records cannot be used\n.*records\.jsonl:1"):
        carry_out(small_run(tiny_step(data=data), evaluation=None))
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_a_mistake_before_the_first_step_can_be_mended_in_the_same_folder(carry_out):
    with pytest.raises(DataError, match=r"no file\.jsonl"):
        carry_out(small_run(tiny_step(data=Jsonl(path="no file.jsonl")), evaluation=None))
    folder, _ = carry_out(small_run(tiny_step(), evaluation=None))
    assert len(read_rows(folder / "metrics.jsonl")) == 1


def test_another_seed_is_another_model_too():
    run = small_run()
    assert with_seed(run, 5).seed == 5
    assert with_seed(run, 5).policy.weights == replace(run.policy.weights, seed=5)
    named = replace(run, policy=replace(run.policy, weights="some/checkpoint"))
    assert with_seed(named, 5).policy == named.policy
    adapted = replace(run, policy=replace(named.policy, lora=Lora(rank=2)))
    assert with_seed(adapted, 5).policy.lora == Lora(rank=2, seed=5)


def test_an_unknown_tracker_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'tensorboard'"):
        small_run(trackers=("tensorbord",))


def test_a_tracker_that_is_not_installed_says_how_to_get_it(carry_out, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MissingExtra, match=r"pip install 'regard\[wandb\]'"):
        carry_out(small_run(tiny_step(), evaluation=None, trackers=("wandb",)))


def test_tensorboard_has_every_number_of_every_step(carry_out):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = small_run(cold_start(), evaluation=None, trackers=("tensorboard",))
    folder, _ = carry_out(run)
    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    rows = read_rows(folder / "metrics.jsonl")
    for name in set(rows[0]) - {"step", "stage", "stage_step", "time"}:
        seen = [(event.step, event.value) for event in events.Scalars(name)]
        assert seen == [(row["step"], pytest.approx(row[name])) for row in rows]


def test_services_are_told_the_run_s_name_and_every_step(carry_out, monkeypatch):
    calls: list[tuple] = []

    class Service:
        def init(self, **options):
            calls.append(("init", options))

        def log(self, metrics, step):
            calls.append(("log", step, metrics["loss"]))

        def finish(self):
            calls.append(("finish",))

    monkeypatch.setitem(sys.modules, "trackio", Service())
    folder, _ = carry_out(small_run(cold_start(), evaluation=None, trackers=("trackio",)))
    losses = [(row["step"], row["loss"]) for row in read_rows(folder / "metrics.jsonl")]
    assert calls == [
        ("init", {"project": "regard", "name": "run"}),
        *(("log", *pair) for pair in losses),
        ("finish",),
    ]


@pytest.mark.slow
def test_examples_made_ahead_change_no_bit(carry_out, tmp_path):
    plain, _ = carry_out(small_run(cold_start()))
    carried_out(small_run(cold_start(num_workers=1)), tmp_path / "ahead")
    rows = [read_rows(folder / "metrics.jsonl") for folder in (plain, tmp_path / "ahead")]
    assert [row["loss"] for row in rows[0]] == [row["loss"] for row in rows[1]]
    weights = [
        (folder / "checkpoints" / "final" / "model.safetensors").read_bytes()
        for folder in (plain, tmp_path / "ahead")
    ]
    assert weights[0] == weights[1]
