"""`view`: the report of a run, or the contact sheet of a world."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from regard import registry
from regard.config import with_settings
from regard.data.rollouts import completion_to_json, score_to_json
from regard.data.targets import target_to_json
from regard.errors import ConfigError, nearest
from regard.types import Example
from regard.viewer import open_report, write_contact_sheet, write_report
from regard.viewer.contact_sheet import Ask, Said
from regard.viewer.shapes import PLACES, answer_shapes, sights

if TYPE_CHECKING:
    from regard.evals.sight import Answer


def view(
    name: str,
    split: str,
    settings: list[str],
    out: Path | None,
    num_each: int,
    in_browser: bool,
    console: Console,
    weights: str = "",
) -> None:
    """Write the page and open it; a folder comes before a world of the same name."""
    if Path(name).exists():
        if settings or split or out or weights:
            raise ConfigError(
                f"'{name}' is a run's folder: --split, --set, --out and --weights are of worlds"
            )
        path = write_report(Path(name))
        console.print(f"report: {path}", soft_wrap=True)
    else:
        path = _contact_sheet(name, split or "train", settings, out, num_each, weights)
        console.print(f"contact sheet: {path}", soft_wrap=True)
    if in_browser:
        open_report(path)


def _contact_sheet(
    name: str, split: str, settings: list[str], out: Path | None, num_each: int, weights: str
) -> Path:
    known = registry.world.names()
    if name not in known:
        raise ConfigError(f"'{name}' is neither a run's folder nor a world; {nearest(name, known)}")
    world = with_settings(registry.world[name](split=split), settings)
    path = out or Path(f"{name}-{split}.html")
    return write_contact_sheet(
        world.load(), world.describe(), path, num_each=num_each,
        ask=_asking(weights) if weights else None,
    )  # fmt: skip


def _asking(weights: str) -> Ask:
    """What a policy's greedy answers are, judged as evaluations of sight judge them."""
    from regard.evals.sight import answers
    from regard.models.policy import PolicySpec

    policy = PolicySpec(weights=weights).load()

    def ask(examples: Sequence[Example]) -> list[Said]:
        found = answers(policy, examples, examples, max_tokens=128)
        return [_said(*pair) for pair in zip(examples, found, strict=True)]

    return ask


def _said(example: Example, answer: Answer) -> Said:
    bare = target_to_json(example.target)["type"] in PLACES
    seen = sights(completion_to_json(answer.completion)["frames"])
    shapes = answer_shapes(score_to_json(answer.score), seen, bare=bare)
    return Said(text=answer.completion.text, is_right=answer.is_right, shapes=tuple(shapes))
