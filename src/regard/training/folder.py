"""The run folder: what a run writes, so that it can be read, resumed and believed.

A checkpoint is written beside its place and moved there in one step, so a kill in the middle leaves
either the old or the new. What was logged after the checkpoint a run resumes from is taken back,
since it will happen again.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from regard.data.images import ImageStore
from regard.data.rollouts import group_to_json
from regard.errors import CheckpointError, TrainingError
from regard.models.policy import Policy
from regard.rollout.replay import Kept, from_json, to_json
from regard.types import Group, ImageRef, Measured

LOGS = ("metrics.jsonl", "evaluations.jsonl", "warnings.jsonl", "accepted.jsonl")
"""What a run adds lines to, each with its step."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a run stands: everything that is not weights."""

    step: int = 0
    """Steps done in all stages together."""
    stage: int = 0
    """Number of the stage under way, from 0."""
    stage_step: int = 0
    """Steps done in it."""
    is_stage_done: bool = False
    reference_step: int = 0
    """The step whose weights are the reference of the stage under way."""
    adaptive: Mapping[str, float] = field(default_factory=dict)
    """What coefficients that follow a measurement have come to, by their place in the stage."""
    ends: tuple[int, ...] = ()
    """`step` at the end of each stage that is done."""
    best_step: int = 0
    """The step with the best held-out answers so far; 0 before the first evaluation."""
    best_value: float = 0.0
    """How good they were, by the run's `best`."""


class RunFolder:
    """Reads and writes one run folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = path / "checkpoints"
        self._images = ImageStore(path / "images")

    # ------------------------------------------------------------------------------ logging

    def log(self, row: Mapping[str, Any]) -> None:
        """Add a row to the metrics."""
        self._append("metrics.jsonl", row)

    def log_evaluation(self, step: int, stage: str, moment: str, measured: Measured) -> None:
        """Add an evaluation."""
        where = {"step": step, "stage": stage, "moment": moment}
        self._append("evaluations.jsonl", {**where, **asdict(measured)})

    def log_warning(self, step: int, stage: str, monitor: str, text: str) -> None:
        """Add what a monitor said."""
        where = {"step": step, "stage": stage}
        self._append("warnings.jsonl", {**where, "monitor": monitor, "text": text})

    def log_accepted(self, step: int, stage: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add the answers that a step of rejection sampling accepted."""
        for row in rows:
            self._append("accepted.jsonl", {"step": step, "stage": stage, **row})

    def rows_of(self, stage: str, name: str) -> list[dict[str, Any]]:
        """The rows of a stage in one of the logs."""
        return [row for row in read_rows(self.path / name) if row["stage"] == stage]

    def log_rollouts(self, step: int, stage: str, groups: Sequence[Group]) -> None:
        """Write the groups of a step, and the images they speak of."""
        lines = [
            group_to_json(group, step=step, stage=stage, image=self._image_path) for group in groups
        ]
        with _disk():
            path = self.path / "rollouts" / f"{_name(step)}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    def write_json(self, name: str, value: Any) -> None:
        """Write one of the run's own files."""
        with _disk():
            self.path.mkdir(parents=True, exist_ok=True)
            _write_atomically(self.path / name, json.dumps(value, indent=1) + "\n")

    # -------------------------------------------------------------------------- checkpoints

    def save(
        self,
        progress: Progress,
        policy: Policy,
        optimizer: torch.optim.Optimizer | None,
        kept: Kept | None = None,
    ) -> None:
        """Write a checkpoint: a model transformers loads, and what training needs to go on."""
        target = self.checkpoints / _name(progress.step)
        draft = self.checkpoints / f".draft-{target.name}"
        with _disk():
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            try:
                policy.save(draft)
                if optimizer is not None:
                    tensors = _optimizer_tensors(policy, optimizer)
                    save_file(tensors, draft / "optimizer.safetensors")
                if kept is not None and kept != Kept():
                    (draft / "replay.json").write_text(json.dumps(to_json(kept)) + "\n")
                (draft / "trainer.json").write_text(json.dumps(asdict(progress), indent=1) + "\n")
                shutil.rmtree(target, ignore_errors=True)
                draft.rename(target)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise

    def latest(self) -> tuple[Path, Progress] | None:
        """The newest whole checkpoint and where it stands."""
        found = sorted(self.checkpoints.glob("step-*/trainer.json"))
        if not found:
            return None
        try:
            progress = Progress(**json.loads(found[-1].read_text()))
            progress = replace(progress, ends=tuple(progress.ends))
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"{found[-1]}: not a checkpoint of ours ({error})") from error
        return found[-1].parent, progress

    def at(self, step: int) -> Path:
        """The folder of a checkpoint."""
        return self.checkpoints / _name(step)

    def prune(self, keep_last: int, also: set[int]) -> None:
        """Delete all but the newest checkpoints and those of the steps named."""
        folders = sorted(self.checkpoints.glob("step-*"))
        kept = {self.at(step) for step in also}
        for folder in folders[:-keep_last]:
            if folder not in kept:
                shutil.rmtree(folder)

    def point(self, name: str, step: int) -> None:
        """Let the link `checkpoints/<name>` lead to a checkpoint."""
        link, draft = self.checkpoints / name, self.checkpoints / f".{name}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(_name(step))
        draft.replace(link)

    def rewind(self, step: int) -> None:
        """Take back what was written after a step, and drafts nobody finished."""
        for draft in self.checkpoints.glob(".draft-*"):
            shutil.rmtree(draft)
        for name in LOGS:
            path = self.path / name
            if path.is_file():
                kept = [row for row in read_rows(path) if row["step"] <= step]
                _write_atomically(path, "".join(json.dumps(row) + "\n" for row in kept))
        for path in (self.path / "rollouts").glob("step-*.jsonl"):
            if int(path.stem.removeprefix("step-")) > step:
                path.unlink()

    # ------------------------------------------------------------------------------ helpers

    def _append(self, name: str, row: Mapping[str, Any]) -> None:
        with _disk():
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / name).open("a") as file:
                file.write(json.dumps(row) + "\n")

    def _image_path(self, image: ImageRef) -> str:
        """Where an image lies in the run folder, as the rollouts name it."""
        location = self._images.put(image.read()).location
        assert isinstance(location, Path)  # the store has a root
        return location.relative_to(self.path).as_posix()


def load_kept(folder: Path) -> Kept:
    """What a replay remembered when this checkpoint was written."""
    path = folder / "replay.json"
    return from_json(json.loads(path.read_text())) if path.is_file() else Kept()


def load_optimizer(optimizer: torch.optim.Optimizer, policy: Policy, folder: Path) -> None:
    """Give an optimiser the state that was saved with a checkpoint."""
    tensors = load_file(folder / "optimizer.safetensors")
    for name, parameter in policy.trainable():
        state = {
            key.partition("/")[0]: tensor
            for key, tensor in tensors.items()
            if key.partition("/")[2] == name
        }
        if state:
            on_device = {k: v if k == "step" else v.to(parameter) for k, v in state.items()}
            optimizer.state[parameter] = on_device


def _optimizer_tensors(policy: Policy, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The optimiser's state by the names of its weights."""
    return {
        f"{key}/{name}": tensor.contiguous()
        for name, parameter in policy.trainable()
        for key, tensor in optimizer.state.get(parameter, {}).items()
    }


def _name(step: int) -> str:
    return f"step-{step:06d}"


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a log; a line cut short by a kill is passed over."""
    rows = []
    for line in path.read_text().splitlines() if path.is_file() else []:
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_text(text)
    os.replace(draft, path)


@contextmanager
def _disk() -> Iterator[None]:
    """Turn a full disk into an error that says so."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise TrainingError(
            "the disk is full: nothing of the last checkpoint is lost; free some space and give "
            "the same command again to go on from it"
        ) from error
