"""What a run leaves behind, and that it can be read, resumed and believed."""

from __future__ import annotations

import errno
import json
from dataclasses import replace

import pytest
import torch
from tests.models.conftest import TINY
from tests.training.conftest import cold_start, reinforce, small_run
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoTokenizer

from regard.algorithms.policy_gradient import grpo
from regard.data.worlds.digits import Digits
from regard.errors import CheckpointError, ConfigError, TrainingError
from regard.models.parts import Lora
from regard.models.policy import Policy, PolicySpec
from regard.training.folder import Progress, RunFolder, load_optimizer, read_rows
from regard.training.optimizer import AdamW


def trained_a_little(policy: Policy) -> torch.optim.Optimizer:
    """An optimiser that has taken a step, so that it has a state."""
    optimizer = AdamW(learning_rate=1e-3).build(policy)
    for _, parameter in policy.trainable():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    return optimizer


@pytest.fixture
def policy() -> Policy:
    return PolicySpec(weights=TINY).load()


def test_a_checkpoint_is_an_ordinary_one_of_transformers(policy, tmp_path):
    folder = RunFolder(tmp_path)
    folder.save(Progress(step=7), policy, trained_a_little(policy))
    path = folder.at(7)
    model = AutoModelForImageTextToText.from_pretrained(path)
    tokenizer = AutoTokenizer.from_pretrained(path)
    processor = AutoImageProcessor.from_pretrained(path, backend="pil")
    ids = torch.tensor([tokenizer("what is the sum ?")["input_ids"]])
    with torch.no_grad():
        assert torch.equal(model(input_ids=ids).logits, policy.base(input_ids=ids).logits)
    picture = Digits(size=1).load()[0].images[0].open()
    mine = policy.family.features(picture)["pixel_values"]
    assert torch.equal(processor([picture], return_tensors="pt")["pixel_values"], mine)
    assert tokenizer.apply_chat_template(
        [{"role": "user", "content": [{"type": "image"}]}], tokenize=False
    ).endswith("<|image_pad|><|vision_end|><|im_end|>")


@pytest.mark.parametrize("lora", [None, Lora(rank=2)], ids=["weights", "adapters"])
def test_weights_and_optimiser_come_back_bit_for_bit(lora, tmp_path):
    spec = PolicySpec(weights=TINY, lora=lora)
    policy = spec.load()
    optimizer = trained_a_little(policy)
    folder = RunFolder(tmp_path)
    folder.save(Progress(step=1), policy, optimizer)
    again = spec.load(folder.at(1))
    other = AdamW(learning_rate=1e-3).build(again)
    load_optimizer(other, again, folder.at(1))
    for (name, mine), (_, theirs) in zip(policy.trainable(), again.trainable(), strict=True):
        assert torch.equal(mine, theirs), name
        for key, value in optimizer.state[mine].items():
            assert torch.equal(value, other.state[theirs][key]), (name, key)


def test_first_weights_of_adapters_are_a_matter_of_their_seed():
    def weights(seed):
        policy = PolicySpec(weights=TINY, lora=Lora(rank=2, seed=seed)).load()
        return torch.cat([weight.flatten() for _, weight in policy.trainable()])

    first = weights(0)
    torch.rand(1)  # whatever else was drawn in between
    assert torch.equal(weights(0), first)
    assert not torch.equal(weights(1), first)


def test_a_checkpoint_of_adapters_holds_the_merged_model(tmp_path):
    policy = PolicySpec(weights=TINY, lora=Lora(rank=2)).load()
    RunFolder(tmp_path).save(Progress(step=1), policy, trained_a_little(policy))
    merged = PolicySpec(weights=str(RunFolder(tmp_path).at(1))).load()
    ids = torch.arange(8, 20)[None]
    with torch.no_grad():
        difference = merged.base(input_ids=ids).logits - policy.base(input_ids=ids).logits
    assert difference.abs().max() < 1e-4


def test_the_last_the_best_and_the_ends_of_stages_are_kept(policy, tmp_path):
    folder = RunFolder(tmp_path)
    for step in (2, 4, 6, 8, 10):
        folder.at(step).mkdir(parents=True)
    folder.prune(2, {4, 0})
    assert sorted(path.name for path in folder.checkpoints.iterdir()) == [
        "step-000004", "step-000008", "step-000010",
    ]  # fmt: skip


def test_what_came_after_the_checkpoint_is_taken_back(tmp_path):
    folder = RunFolder(tmp_path)
    for step in (1, 2, 3):
        folder.log({"step": step, "loss": step / 2})
        folder.log_rollouts(step, "rl", [])
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')  # cut off by a kill
    (folder.checkpoints / ".draft-step-000004").mkdir(parents=True)
    folder.rewind(2)
    assert [row["step"] for row in read_rows(tmp_path / "metrics.jsonl")] == [1, 2]
    assert sorted(path.stem for path in (tmp_path / "rollouts").iterdir()) == [
        "step-000001", "step-000002",
    ]  # fmt: skip
    assert list(folder.checkpoints.iterdir()) == []


def test_a_full_disk_costs_the_new_checkpoint_and_not_the_old(policy, tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    optimizer = trained_a_little(policy)
    folder.save(Progress(step=1), policy, optimizer)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("regard.training.folder.save_file", full)
    with pytest.raises(TrainingError, match="disk is full"):
        folder.save(Progress(step=2), policy, optimizer)
    found = folder.latest()
    assert found is not None
    assert found[1].step == 1
    assert [path.name for path in folder.checkpoints.iterdir()] == ["step-000001"]


def test_a_whole_run_leaves_what_the_page_says(carry_out):
    folder, printed = carry_out(small_run())
    rows = read_rows(folder / "metrics.jsonl")
    assert [(row["step"], row["stage"], row["stage_step"]) for row in rows] == [
        (1, "cold_start", 1), (2, "cold_start", 2), (3, "rl", 1), (4, "rl", 2),
    ]  # fmt: skip
    moments = [row["moment"] for row in read_rows(folder / "evaluations.jsonl")]
    assert moments == ["before", "after", "after"]
    assert (folder / "report.html").is_file()
    assert (folder / "checkpoints" / "final").resolve().name == "step-000004"
    line = json.loads((folder / "rollouts" / "step-000003.jsonl").read_text().splitlines()[0])
    image = line["example"]["messages"][0]["content"][0]["image"]
    assert (folder / image).is_file()
    assert len(line["completions"]) == 3
    assert "held-out accuracy" in printed
    assert str(folder / "report.html") in printed


def test_a_folder_with_another_run_is_left_alone_and_the_difference_named(carry_out):
    folder, _ = carry_out(small_run(cold_start()))
    before = (folder / "metrics.jsonl").read_text()
    with pytest.raises(ConfigError, match=r"stages\.0\.prompts_per_step was 4, now 5"):
        carry_out(small_run(cold_start(prompts_per_step=5)))
    assert (folder / "metrics.jsonl").read_text() == before


def test_a_finished_run_given_again_trains_nothing(carry_out):
    folder, _ = carry_out(small_run(cold_start()))
    before = (folder / "metrics.jsonl").read_text()
    carry_out(small_run(cold_start()))
    assert (folder / "metrics.jsonl").read_text() == before


def test_weights_that_are_no_numbers_stop_the_run_and_nothing_is_saved(carry_out, monkeypatch):
    from regard.training import learner

    def broken(*arguments, **options):
        totals = learn(*arguments, **options)
        totals.loss = float("nan")
        return totals

    learn = learner.learn
    folder, _ = carry_out(small_run(cold_start()))
    longer = small_run(cold_start(num_steps=4))
    (folder / "run.json").unlink()  # the same run, but longer
    trainer = json.loads((folder / "checkpoints/step-000002/trainer.json").read_text())
    trainer |= {"is_stage_done": False, "ends": []}
    (folder / "checkpoints/step-000002/trainer.json").write_text(json.dumps(trainer))
    monkeypatch.setattr(learner, "learn", broken)
    with pytest.raises(TrainingError, match=r"step 3: stage 'cold_start': loss nan"):
        carry_out(longer)
    found = RunFolder(folder).latest()
    assert found is not None
    assert found[1].step == 2


def test_a_stage_ends_at_its_accuracy_and_the_next_begins(carry_out):
    stage = cold_start(num_steps=50, evaluate_every=2, stop_at_accuracy=0.0)
    folder, _ = carry_out(small_run(stage, reinforce(num_steps=1)))
    stages = [row["stage"] for row in read_rows(folder / "metrics.jsonl")]
    assert stages == ["cold_start", "cold_start", "rl"]


def test_looking_more_often_changes_nothing(carry_out):
    seldom, _ = carry_out(small_run(cold_start(num_steps=3)), "seldom")
    often, _ = carry_out(small_run(cold_start(num_steps=3, evaluate_every=1)), "often")
    weights = [f / "checkpoints/final/model.safetensors" for f in (seldom, often)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(CheckpointError, match=str(tmp_path)):
        PolicySpec(weights=str(tmp_path)).load()


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        PolicySpec(weights=str(tmp_path)).load()


def test_records_that_cannot_be_used_are_counted_and_the_run_goes_on(carry_out, tmp_path):
    world = Digits(size=3).load()
    from regard.data.readers import reader_for
    from regard.data.records import example_to_json

    lines = [example_to_json(world[i]) for i in range(3)]
    strip = replace(world[0].images[0])
    assert strip.width == 56
    lines[1]["messages"][0]["content"][1]["text"] = "what " * 300
    path = tmp_path / "three.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    stage = cold_start(data=reader_for(path), prompts_per_step=3, num_steps=1)
    folder, printed = carry_out(small_run(stage))
    assert read_rows(folder / "metrics.jsonl")[0]["data/dropped"] == 1
    assert f"left out example '{lines[1]['id']}'" in printed


def test_a_step_without_a_usable_example_stops_the_run_and_says_why(carry_out):
    short = small_run(cold_start(), policy=PolicySpec(weights=replace(TINY, max_prompt_tokens=16)))
    with pytest.raises(TrainingError, match=r"none of its 4 examples.*more than the 16"):
        carry_out(short)


def test_training_finds_the_log_probabilities_that_sampling_noted(carry_out):
    folder, _ = carry_out(small_run(reinforce(updates_per_step=1, passes_per_step=1)))
    gaps = [row["policy/engine_gap"] for row in read_rows(folder / "metrics.jsonl")]
    # Single precision, one pass after another: rounding, and no more.
    assert 0 < max(gaps) < 1e-5


def test_each_image_is_encoded_once_a_step_where_learning_uses_what_sampling_read(carry_out):
    algorithm = grpo(kl_coef=0.1)  # so that every prompt is learned from
    once, _ = carry_out(
        small_run(reinforce(updates_per_step=1, passes_per_step=1, algorithm=algorithm)), "once"
    )
    twice, _ = carry_out(small_run(reinforce(passes_per_step=1, algorithm=algorithm)), "twice")
    for folder, times in ((once, 1.0), (twice, 2.0)):
        for row in read_rows(folder / "metrics.jsonl"):
            assert row["compute/vision_encodes_per_image"] == times
            # sampled once and learned from once, three completions of each prompt
            runs = row["compute/prompt_tokens_run"]
            assert row["compute/prompt_tokens_row_wise"] == runs / times * 3 * 2
