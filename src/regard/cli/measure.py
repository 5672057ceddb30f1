"""`eval`: a checkpoint on held-out data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from regard import registry
from regard.cli.scoring import reward_named
from regard.data.mixing import Source, left_out
from regard.data.readers import reader_for
from regard.data.rollouts import group_to_json
from regard.errors import ConfigError, nearest
from regard.evals.blind import Blind
from regard.evals.held_out import Answered, HeldOut
from regard.evals.resampling import Resampling
from regard.models.policy import PolicySpec
from regard.rollout.sampling import Sampling
from regard.types import Dataset, Group, Measured


def evaluate(
    checkpoint: str,
    data: str,
    reward: str,
    num_examples: int,
    num_samples: int,
    temperature: float,
    max_tokens: int,
    split: str,
    out: Path | None,
    is_blind: bool,
    num_resamples: int,
    layout: str,
    image_folder: Path | None,
    console: Console,
) -> None:
    """Answer, print the accuracies, keep the answers."""
    dataset = source_named(data, split, layout, image_folder).load()
    policy = PolicySpec(weights=checkpoint).load()
    held_out = HeldOut(
        data=Blind(_Loaded(dataset)) if is_blind else _Loaded(dataset),
        reward=reward_named(reward),
        num_examples=num_examples,
        num_samples=num_samples,
        sampling=Sampling(temperature=temperature, max_tokens=max_tokens),
        resampling=Resampling(max_more=num_resamples) if num_resamples else None,
    )
    batches: list[Answered] = []
    dropped = [f"{record.place}: {record.reason}" for record in left_out(dataset)]
    with console.status("answering …") as status:
        for batch in held_out.answers(policy):
            batches.append(batch)
            dropped += batch.dropped
            status.update(f"answered {sum(len(each.groups) for each in batches)}")
    groups = [group for batch in batches for group in batch.groups]
    measured = held_out.summary(batches)
    console.print(table(measured))
    for sentence in dropped[:3]:
        console.print(f"left out {sentence}", markup=False, soft_wrap=True)
    if dropped:
        console.print(f"{len(dropped)} examples left out")
    folder = out or _beside(checkpoint, data, "-blind" if is_blind else "")
    _write(folder, groups, measured)
    console.print(f"answers: {folder}", soft_wrap=True)


@dataclass(frozen=True)
class _Loaded:
    """A data set that is at hand already."""

    dataset: Dataset

    def load(self) -> Dataset:
        return self.dataset


def source_named(data: str, split: str, layout: str, image_folder: Path | None) -> Source:
    """A world by its name (its test split, if no other is named), or a data file (all of it)."""
    if Path(data).exists():
        return reader_for(
            data, split=split or None, on_bad="drop", layout=layout, image_folder=image_folder
        )
    if data not in registry.world.names():
        raise ConfigError(
            f"'{data}' is neither a data file nor a world; {nearest(data, registry.world.names())}"
        )
    if layout or image_folder:
        raise ConfigError(f"'{data}' is a world: it has no layout and no folder of images")
    world: Source = registry.world[data](split=split or "test")
    return world


def table(measured: Measured) -> Table:
    """Accuracy by kind, and what else was measured."""
    shown = Table(box=None, padding=(0, 2))
    for column in ("kind", "examples", "accuracy"):
        shown.add_column(column, justify="left" if column == "kind" else "right")
    for kind, part in measured.by_kind.items():
        shown.add_row(kind, str(part.num_examples), f"{part.accuracy:.3f}")
    shown.add_row("all", str(measured.num_examples), f"{measured.accuracy:.3f}")
    for name, value in measured.metrics.items():
        shown.add_row(name, "", f"{value:.3f}")
    return shown


def _beside(checkpoint: str, data: str, mark: str) -> Path:
    """A folder for the answers that names what was asked."""
    home = Path(checkpoint).resolve() if Path(checkpoint).is_dir() else Path("evals") / checkpoint
    return home / "evals" / f"{Path(data).stem}{mark}"


def _write(folder: Path, groups: list[Group], measured: Measured) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(group_to_json(group, step=0, stage="eval")) + "\n" for group in groups)
    (folder / "answers.jsonl").write_text("".join(lines))
    (folder / "measured.json").write_text(json.dumps(asdict(measured), indent=1) + "\n")
