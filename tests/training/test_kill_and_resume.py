"""A run that was killed goes on as if nothing had happened: the same weights, bit for bit.

The runs are killed in earnest, by SIGKILL, in a forked process: a fork has torch imported already.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.training.conftest import carried_out, cold_start, reinforce, small_run

from regard.evals.held_out import HeldOut
from regard.models.parts import Lora
from regard.recipes.run import Run
from regard.training import folder
from regard.training.folder import RunFolder, read_rows

TIMES = ("time", "time/", "compute/tokens_per_second")


def the_run() -> Run:
    """Two steps of imitation and three of reinforcement near a reference, as small as may be."""
    imitate = cold_start(evaluate_every=1, prompts_per_step=2)
    learn = reinforce(num_steps=3, prompts_per_step=2, group_size=2, passes_per_step=1)
    run = small_run(imitate, learn)
    assert run.evaluation is not None
    return replace(run, evaluation=replace(run.evaluation, num_examples=2))


def what_counts(path: Path) -> dict[str, object]:
    """All that a run leaves but times and the report."""

    def timeless(rows):
        return [{k: v for k, v in row.items() if not k.startswith(TIMES)} for row in rows]

    final = path / "checkpoints" / "final"
    return {
        "checkpoints": sorted(p.name for p in path.glob("checkpoints/*")),
        "links": [(path / "checkpoints" / name).resolve().name for name in ("best", "final")],
        "weights": (final / "model.safetensors").read_bytes(),
        "optimizer": (final / "optimizer.safetensors").read_bytes(),
        "metrics": timeless(read_rows(path / "metrics.jsonl")),
        "evaluations": read_rows(path / "evaluations.jsonl"),
        "rollouts": [p.read_text() for p in sorted(path.glob("rollouts/*.jsonl"))],
    }


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> dict[str, object]:
    path = tmp_path_factory.mktemp("whole") / "run"
    carried_out(the_run(), path)
    return what_counts(path)


def killed_in(path: Path, run: Run, prepare: Callable[[], None]) -> None:
    """Carry a run out in another process, which `prepare` gives a moment to die at."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads, which only wait
        child = os.fork()
    if child == 0:
        try:
            prepare()
            carried_out(run, path)
        finally:
            os._exit(0)  # never into the rest of the tests
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the run came to its end before the moment it should die at"
    assert os.WTERMSIG(status) == signal.SIGKILL


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_call(owner: object, name: str, count: int, *, half: Callable[..., None] | None = None):
    """Let the process die at the so-many-th call of a function, or after half of its work."""
    whole, calls = getattr(owner, name), iter(range(1, 1000))

    def watched(*arguments, **options):
        if next(calls) == count:
            if half:
                half(*arguments, **options)
            die()
        return whole(*arguments, **options)

    setattr(owner, name, watched)


def half_of_the_tensors(tensors, path):
    Path(path).write_bytes(b"\0" * 1000)


def half_of_the_line(self, name, row):
    with (self.path / name).open("a") as file:
        file.write('{"step": 4, "sta')


MOMENTS = {
    "before anything is saved": lambda: at_call(torch.optim.AdamW, "step", 1),
    "between two updates of a step": lambda: at_call(torch.optim.AdamW, "step", 6),
    "while a checkpoint is written": lambda: at_call(
        folder, "save_file", 2, half=half_of_the_tensors
    ),
    "before the new checkpoint is in its place": lambda: at_call(Path, "rename", 2),
    "before the best is marked": lambda: at_call(RunFolder, "point", 2),
    "before old checkpoints are deleted": lambda: at_call(RunFolder, "prune", 3),
    "in the middle of a line of metrics": lambda: at_call(
        RunFolder, "_append", 6, half=half_of_the_line
    ),
    "in an evaluation": lambda: at_call(HeldOut, "measure", 3),
    "at the very end": lambda: at_call(RunFolder, "point", 4),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_there_ends_in_the_same_bits(moment, uninterrupted, tmp_path):
    path = tmp_path / "run"
    killed_in(path, the_run(), MOMENTS[moment])
    carried_out(the_run(), path)
    found = what_counts(path)
    for name, value in uninterrupted.items():
        assert found[name] == value, name


@pytest.mark.slow
def test_a_run_of_adapters_that_was_killed_ends_in_the_same_bits(tmp_path):
    run = the_run()
    run = replace(run, policy=replace(run.policy, lora=Lora(rank=2)))
    carried_out(run, tmp_path / "whole")
    killed_in(tmp_path / "killed", run, lambda: at_call(torch.optim.AdamW, "step", 6))
    carried_out(run, tmp_path / "killed")
    assert what_counts(tmp_path / "killed") == what_counts(tmp_path / "whole")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_step_end_and_saves_and_says_how_to_go_on(
    number, uninterrupted, tmp_path, monkeypatch
):
    whole = torch.optim.AdamW.step

    def interrupted(self, *arguments, **options):
        os.kill(os.getpid(), number)
        return whole(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", interrupted)
        printed = carried_out(the_run(), tmp_path / "run")
    assert "stopped after step 1; all is saved; the same command goes on from there" in printed
    assert [row["step"] for row in read_rows(tmp_path / "run" / "metrics.jsonl")] == [1]
    assert "going on from step 1" in carried_out(the_run(), tmp_path / "run")
    assert what_counts(tmp_path / "run")["weights"] == uninterrupted["weights"]


@pytest.mark.slow
def test_the_command_killed_again_and_again_ends_in_the_same_bits(tmp_path):
    command = [
        sys.executable, "-c", "from regard.cli import main; main()", "train",
        "quickstart:from_scratch_smoke", "--set", "stages.cold_start.save_every=1",
        "--set", "stages.rl.save_every=1", "--out",
    ]  # fmt: skip
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run([*command, whole], check=True, capture_output=True)
    for num_rows in (1, 2, 3):
        process = subprocess.Popen([*command, killed], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while len(read_rows(killed / "metrics.jsonl")) < num_rows and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        process.wait()
    subprocess.run([*command, killed], check=True, capture_output=True)
    assert what_counts(killed) == what_counts(whole)
    shutil.rmtree(whole)
