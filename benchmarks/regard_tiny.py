"""Ship a run of `tiny_base` as `regard-tiny`, and measure what is shipped.

    python benchmarks/regard_tiny.py ship runs/tiny_base
    python benchmarks/regard_tiny.py measure [CHECKPOINT] [--num-each 48] [--world NAME …]
    python benchmarks/regard_tiny.py compare [--num-steps 225]

The first writes the last checkpoint of the run in float16 to `src/regard/assets/regard-tiny`; the
others print tables of `docs/regard-tiny.md`: how often answers are right, and how soon other
architectures and optimisers begin to see.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from regard.data.ahead import ahead
from regard.data.mixing import Stream
from regard.data.worlds.digits import QUESTIONS
from regard.evals.sight import Sight, sights
from regard.models.families.qwen import tiny_tokenizer
from regard.models.policy import PolicySpec, load_pieces
from regard.models.tiny import TinyModel
from regard.recipes import tiny_base as recipe
from regard.recipes.tiny_base import WORLDS
from regard.registry import world
from regard.rollout.replay import Kept
from regard.training.learner import Learner
from regard.training.optimizer import AdamW
from regard.training.stages import Supervise

TIERS = ("easy", "middle", "hard")
MOST_TOKENS = 128
"""Of an answer."""
ASSET = Path(__file__).parents[1] / "src" / "regard" / "assets" / "regard-tiny"


def ship(run: Path) -> None:
    """The last checkpoint of a run as the package's own."""
    model, tokenizer, processor = load_pieces(run / "checkpoints" / "final")
    tokenizer = _actions_last(model, tokenizer)
    model.half().save_pretrained(ASSET)
    tokenizer.save_pretrained(ASSET)
    processor.save_pretrained(ASSET)
    for file in sorted(ASSET.iterdir()):
        print(f"{file.stat().st_size:>10,}  {file.name}")


def _actions_last(model: Any, tokenizer: Any) -> Any:
    """Bring the words of actions behind those that the chat template adds; the model is the same.

    Where they are the last of a vocabulary, `ActionTokens` knows their ids.
    """
    tokens = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    order = sorted(
        range(len(tokens)), key=lambda i: tokens[i].startswith("▁<a") and tokens[i][3:-1].isdigit()
    )
    words = [tokens[i][1:] for i in order if tokens[i].startswith("▁") and tokens[i] != "▁"]
    moved = tiny_tokenizer(TinyModel(model_type="qwen3_vl", words=tuple(words)))
    assert moved.convert_ids_to_tokens(range(len(moved))) == [tokens[i] for i in order]
    embeddings = model.get_input_embeddings()
    with torch.no_grad():
        embeddings.weight.copy_(embeddings.weight[order].clone())
    return moved


def measure(checkpoint: str, worlds: list[str], num_each: int) -> None:
    """A table for each world: so many test examples of each kind at each tier."""
    torch.set_num_threads(1)
    policy = PolicySpec(weights=checkpoint).load()
    means = []
    for name in worlds:
        found = sights(policy, _test_set(name, num_each), max_tokens=MOST_TOKENS)
        means.append((name, found))
        print(f"\n### {name}\n\n{_table(found)}", flush=True)
    print("\n### All worlds\n\n" + _summary(means))


def compare(num_steps: int) -> None:
    """How far `name` gets from nothing in so many steps, by architecture and optimiser."""
    torch.set_num_threads(1)
    stage = replace(recipe.name(), num_steps=num_steps)
    print("| architecture | optimiser | loss of the last 25 steps | seconds |\n|---|---|---|---|")
    for model_type in ("qwen2_5_vl", "qwen3_vl"):
        for optimizer in (
            AdamW(learning_rate=1.5e-3, betas=(0.9, 0.95), warmup_steps=20),
            stage.optimizer,
        ):
            start = time.process_time()
            losses = _losses(model_type, replace(stage, optimizer=optimizer))
            spent = time.process_time() - start
            kind = type(optimizer).__name__
            print(
                f"| {model_type} | {kind} | {fmean(losses[-25:]):.2f} | {spent:.0f} |", flush=True
            )


def _losses(model_type: str, stage: Supervise) -> list[float]:
    spec = recipe.tiny_base().policy
    assert isinstance(spec.weights, TinyModel)
    policy = replace(spec, weights=replace(spec.weights, model_type=model_type)).load()
    learner = Learner(policy, stage.optimizer.build(policy), None)
    losses = []
    with ahead(Stream(stage.data.load()), stage.num_workers) as stream:
        for step in range(stage.num_steps):
            collected = stage.collect(policy, stream, step, step, Kept())
            losses.append(learner.update(stage, collected, step)["loss"])
    return losses


def _test_set(name: str, num_each: int) -> Any:
    kind = world[name]
    if name == "digits":
        return kind(split="test", kinds=tuple(QUESTIONS), size=num_each * len(QUESTIONS)).load()
    return kind(split="test", size=num_each * len(TIERS) * len(kind.known_kinds)).load()


def _table(found: list[Sight]) -> str:
    """Rows are kinds, columns tiers: right (constant, blind), in per cent."""
    tiers = [tier for tier in (*TIERS, "") if any(s.tier == tier for s in found)]
    lines = [f"| kind | {' | '.join(tier or 'all' for tier in tiers)} |"]
    lines.append("|---" * (len(tiers) + 1) + "|")
    for kind in dict.fromkeys(s.kind for s in found):
        cells = [_cell([s for s in found if (s.kind, s.tier) == (kind, t)]) for t in tiers]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _summary(worlds: list[tuple[str, list[Sight]]]) -> str:
    lines = ["| world | easy | middle | hard |", "|---|---|---|---|"]
    for name, found in worlds:
        if not found[0].tier:
            lines.append(f"| {name} | {_cell(found)} | | |")
            continue
        cells = [_cell([s for s in found if s.tier == tier]) for tier in TIERS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(found: list[Sight]) -> str:
    if not found:
        return ""
    right, constant, blind = (
        round(100 * fmean(getattr(sight, field) for sight in found))
        for field in ("accuracy", "constant", "blind")
    )
    return f"{right} ({constant}, {blind})"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    shipping = commands.add_parser("ship")
    shipping.add_argument("run", type=Path)
    measuring = commands.add_parser("measure")
    measuring.add_argument("checkpoint", nargs="?", default="regard-tiny")
    measuring.add_argument("--num-each", type=int, default=48)
    measuring.add_argument("--world", action="append", choices=WORLDS)
    comparing = commands.add_parser("compare")
    comparing.add_argument("--num-steps", type=int, default=225)
    given = parser.parse_args()
    if given.command == "ship":
        ship(given.run)
    elif given.command == "compare":
        compare(given.num_steps)
    else:
        measure(given.checkpoint, given.world or list(WORLDS), given.num_each)


if __name__ == "__main__":
    main()
