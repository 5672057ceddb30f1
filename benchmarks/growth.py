"""How a step's cost grows with the completions of a prompt, and with their length.

    python benchmarks/growth.py [--json FILE]

One of our steps on two prompts of 256 visual tokens, at its parts: reading the prompts (images
included, with a graph), answering them (decoding), learning (answers forward and backward, then
back through the prompts). CPU seconds, the least of three, one thread; `prompt tokens` is what the
policy ran of its prompts in the step, and must not grow with G. Peak memory is what the process
grew by. The model and the prompts are those of step_vs_trl.py; tokens are drawn freely.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from meters import Memory
from workload import Shape, examples, model_spec

from regard.algorithms.policy_gradient import dapo
from regard.models.policy import Policy, PolicySpec
from regard.models.prompts import PixelStore
from regard.models.readings import Readings
from regard.models.work import Work
from regard.rollout.native import NativeEngine
from regard.rollout.sampling import Sampling
from regard.training.update import learn
from regard.types import Example, Group, Score

SHAPES = (
    *(Shape(256, 64, group_size) for group_size in (2, 4, 8, 16, 32)),
    *(Shape(256, new_tokens, 8) for new_tokens in (16, 32, 128, 256)),
)


def step(policy: Policy, asked: list[Example], shape: Shape) -> dict[str, float]:
    """One step, with the CPU seconds of its parts."""
    policy.pixels, policy.work = PixelStore(policy.family), Work()
    policy.model.zero_grad()
    memory = Memory()
    prompts = [policy.prompt(example) for example in asked]
    readings = Readings(policy, 100_000)
    reading = _Clocked(readings)
    sampling = Sampling(max_tokens=shape.new_tokens, min_tokens=shape.new_tokens)
    engine = NativeEngine(policy, reading)  # type: ignore[arg-type]
    sampled_s, answers = _timed(lambda: engine.sample(prompts, shape.group_size, sampling, 0))
    groups = [
        Group(example=example, completions=tuple(completions)).scored(
            [Score(value=float(number % 2)) for number in range(len(completions))]
        )
        for example, completions in zip(asked, answers, strict=True)
    ]
    algorithm = dapo()
    batch = algorithm.weigh(algorithm.judge(groups))
    learned_s, _ = _timed(
        lambda: learn(
            policy, prompts, batch, algorithm, temperature=1.0, max_tokens=100_000,
            readings=readings,
        )
    )  # fmt: skip
    return {
        "read_s": reading.cpu_s, "answer_s": sampled_s - reading.cpu_s, "learn_s": learned_s,
        "prompt_tokens": policy.work.prompt_tokens,
        "row_wise": policy.work.prompt_tokens_row_wise,
        "peak_mb": memory.peak_mb(),
    }  # fmt: skip


class _Clocked:
    """Readings that note how long they took."""

    def __init__(self, readings: Readings) -> None:
        self._readings, self.cpu_s = readings, 0.0

    def read(self, prompts: Any) -> Any:
        self.cpu_s, state = _timed(lambda: self._readings.read(prompts))
        return state


def _timed(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="write all figures here")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    policy = PolicySpec(weights=model_spec()).load()
    rows = []
    names = ("read_s", "answer_s", "learn_s", "prompt_tokens", "row_wise", "peak_mb")
    print(f"{'shape':>12} " + " ".join(f"{name:>13}" for name in names))
    for shape in SHAPES:
        asked = examples(shape, 2, 1)
        runs = [step(policy, asked, shape) for _ in range(3)]
        row = {name: min(run[name] for run in runs) for name in names}
        rows.append({"shape": str(shape), **row})
        print(f"{shape!s:>12} " + " ".join(f"{row[name]:>13.2f}" for name in names), flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
