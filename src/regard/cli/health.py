"""`doctor`: whether this machine can do the work, and whether what it computes is right."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import torch
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from regard import __version__
from regard.data.worlds.digits import Digits
from regard.models.head import token_logprobs
from regard.models.policy import Policy, PolicySpec
from regard.models.tiny import TinyQwen
from regard.rollout.collect import prepare
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling

_EXTRAS = {
    "peft": "lora", "math-verify": "math", "tensorboard": "tensorboard", "wandb": "wandb",
    "trackio": "trackio",
}  # fmt: skip

_TOLERANCE = 1e-4
"""Nats that sampling and training may differ by in float32."""


def report(console: Console) -> None:
    """Print what was found, with advice where something is missing."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, found, advice in _findings():
        table.add_row(name, found, escape(advice))
    console.print(table)


def _findings() -> Iterator[tuple[str, str, str]]:
    yield "regard", __version__, f"Python {platform.python_version()}, {platform.system()}"
    for package in ("torch", "transformers", "numpy", "pillow"):
        yield package, version(package), ""
    yield from _extras()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield "processor", f"{cores} cores", f"{torch.get_num_threads()} threads of torch"
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        free = torch.cuda.mem_get_info()[0] / 1e9
        yield "graphics", name, f"{free:.1f} GB free"
    else:
        yield "graphics", "none", "runs on the processor"
    yield "disk", f"{shutil.disk_usage('.').free / 1e9:.0f} GB free", "in this folder"
    yield from _trial()


def _extras() -> Iterator[tuple[str, str, str]]:
    for package, extra in _EXTRAS.items():
        try:
            yield package, version(package), ""
        except PackageNotFoundError:
            yield package, "not installed", f"pip install 'regard[{extra}]'"
    try:
        found = version("torchvision")
    except PackageNotFoundError:
        return
    yield "torchvision", found, "not needed; a build that does not match torch breaks transformers"


def _trial() -> Iterator[tuple[str, str, str]]:
    """Sample from a tiny model and score the same tokens again."""
    start = time.perf_counter()
    policy = PolicySpec(weights=TinyQwen(words=Digits.words())).load()
    gap = _engine_gap(policy)
    seconds = time.perf_counter() - start
    verdict = "" if gap < _TOLERANCE else f"above {_TOLERANCE:g}: sampling and training disagree"
    yield "trial", f"{seconds:.1f} s", "a tiny model sampled from and scored"
    yield "trial, engine gap", f"{gap:.1e} nats", verdict


@torch.no_grad()
def _engine_gap(policy: Policy) -> float:
    """The greatest difference between a token's log-probability in sampling and in training."""
    world = Digits(size=4).load()
    prompts = prepare(policy, [world[i] for i in range(len(world))], 8).prompts
    answers = NativeEngine(policy).sample(prompts, 4, Sampling(max_tokens=8), seed=0)
    flat = [(i, completion) for i, group in enumerate(answers) for completion in group]
    state = policy.read(prompts)
    hidden = policy.respond(state, [c.token_ids for _, c in flat], [i for i, _ in flat])
    tokens = torch.tensor([token for _, c in flat for token in c.token_ids], device=policy.device)
    again, _ = token_logprobs(policy.head, hidden, tokens)
    sampled = torch.tensor([p for _, c in flat for p in c.logprobs], device=policy.device)
    return float((again - sampled).abs().max())
