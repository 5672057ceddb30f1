"""`score` and `check-data`: rewards on recorded text, without a model."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from regard import registry
from regard.data.images import ImageStore
from regard.data.readers.jsonl import json_records
from regard.data.records import ImageReader
from regard.data.rollouts import group_from_json, score_to_json
from regard.errors import ConfigError, DataError
from regard.rewards.audit import audit, render_audit
from regard.rewards.contract import AnyReward, Demo
from regard.rewards.scoring import Scored, render_summary, score_pairs, summarise
from regard.types import Completion, Example, Group


def score(name: str, file: Path | None, is_audit: bool, out: Path | None, console: Console) -> None:
    """Print what recorded completions earn, or what the standard hacks do."""
    reward = reward_named(name)
    pairs = _pairs(file) if file else []
    if is_audit:
        examples = list({example.id: example for _, example in pairs}.values())
        rows = audit(reward, examples or _own_examples(name))
        console.print(render_audit(rows), markup=False, highlight=False, soft_wrap=True)
        return
    if not pairs:
        raise ConfigError("a file of completions is needed, or --audit to try the standard hacks")
    scored = score_pairs(reward, pairs)
    console.print(render_summary(summarise(scored)), markup=False, highlight=False, soft_wrap=True)
    if out:
        out.write_text("".join(json.dumps(_line(one)) + "\n" for one in scored))
        console.print(f"scores: {out}", soft_wrap=True)


def check_data(
    file: Path,
    name: str,
    recipe: str,
    training: Path | None,
    layout: str,
    image_folder: Path | None,
    console: Console,
) -> None:
    """Print what is wrong with a data file; exit code 1 if anything is."""
    from regard.data.check import check
    from regard.data.readers import reader_for

    fit = _prompt_limits(recipe) if recipe else {}
    read = partial(reader_for, layout=layout, image_folder=image_folder)
    learnt = read(training).read() if training else None
    report = check(read(file).read(), reward_named(name), training=learnt, **fit)
    console.print(report.render(), markup=False, highlight=False, soft_wrap=True)
    if not report.is_ok:
        raise typer.Exit(1)


def reward_named(name: str) -> AnyReward:
    """A registered reward with its defaults, or the reward of a recipe's last stage."""
    if name in registry.reward.names():
        try:
            reward: AnyReward = registry.reward[name]()
        except (TypeError, ConfigError):
            demo: Demo = registry.reward[name].demo()  # type: ignore[attr-defined]
            return demo.reward
        return reward
    if name.endswith((".py", ".json")) or ":" in name or name in _recipes():
        from regard.recipes.catalogue import find

        rewards = [getattr(stage, "reward", None) for stage in find(name).run.stages]
        if rewards[-1] is None:
            raise ConfigError(f"the last stage of '{name}' has no reward")
        found: AnyReward = rewards[-1]
        return found
    known = registry.reward[name]  # raises, naming the nearest
    raise AssertionError(known)


def _recipes() -> list[str]:
    import pkgutil

    import regard.recipes as room

    return [module.name for module in pkgutil.iter_modules(room.__path__)]


def _own_examples(name: str) -> list[Example]:
    """What to try a reward on when no data is given: its demonstration, or its recipe's data."""
    if name in registry.reward.names():
        demo: Demo = registry.reward[name].demo()  # type: ignore[attr-defined]
        return [demo.example]
    from regard.recipes.catalogue import find

    dataset = find(name).run.stages[-1].data.load()
    return [dataset[i] for i in range(min(len(dataset), 20))]


def _pairs(file: Path) -> list[tuple[Completion, Example]]:
    read_image = ImageReader(ImageStore(), _image_folder(file))
    pairs = []
    for place, read in json_records(file):
        try:
            group = _group(read(), read_image)
        except DataError as error:
            raise DataError(f"{place}: {error}") from error
        pairs += [(completion, group.example) for completion in group.completions]
    if not pairs:
        raise DataError(f"{file}: no completions in it")
    return pairs


def _group(line: Any, read_image: ImageReader) -> Group:
    """A line of rollouts, or one record with its completion's `text` beside."""
    if isinstance(line, dict) and "completions" not in line:
        if "text" not in line:
            raise DataError(
                "no completion in it: a line holds `example` and `completions`, as a run writes "
                "them, or a record with the completion's `text` beside"
            )
        example = {key: value for key, value in line.items() if key != "text"}
        line = {"example": example, "completions": [line["text"]]}
    return group_from_json(line, read_image)


def _image_folder(file: Path) -> Path:
    """Images of rollouts are named from the run's folder, others from the file's own."""
    return file.parent.parent if file.parent.name == "rollouts" else file.parent


def _line(one: Scored) -> dict[str, Any]:
    return {
        "example": one.example.id,
        "text": one.completion.text,
        "score": score_to_json(one.score),
        "full_marks": one.full_marks,
    }


def _prompt_limits(recipe: str) -> dict[str, Any]:
    """How long prompts are under a recipe's policy, and how long they may be."""
    from regard.recipes.catalogue import find
    from regard.training.stages import Reinforce

    run = find(recipe).run
    policy = run.policy.load()
    answer = max((s.sampling.max_tokens for s in run.stages if isinstance(s, Reinforce)), default=0)
    return {
        "count_tokens": lambda example: len(policy.prompt(example)),
        "max_prompt_tokens": policy.max_tokens - answer,
    }
