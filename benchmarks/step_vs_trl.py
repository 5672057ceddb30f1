"""One GRPO step of TRL 1.16 against one of ours, on the same work.

    pip install -e '.[bench]'
    python benchmarks/step_vs_trl.py                         # the shapes of docs/performance.md
    python benchmarks/step_vs_trl.py --shapes 256/128/8 --ragged --pairs 6 --json figures.json
    python benchmarks/step_vs_trl.py --shapes 256/128/8 --kl-coef 0.04
    python benchmarks/step_vs_trl.py --sweep                 # visual tokens x new tokens x G
    python benchmarks/step_vs_trl.py --plain                 # beside both, our row-by-row path

A shape is visual tokens / greatest number of new tokens / completions of a prompt. Both train the
same Qwen2.5-VL architecture (7.5 million weights) on the same prompts and images, from the same
weights at every step. TRL goes first; the completions it sampled are drawn again by our engine,
which computes its scores and samples as ever and is then told which token was taken. So lengths,
rewards, loss and the number of updates are the same, and the gradients can be compared: their
relative difference stands beside every ratio.

Ratios are of CPU seconds; those of wall seconds stand beside them, and say little on a machine with
other work. Steps of the two alternate, the first pair is not counted, and the ratio is the median
of the pairs'. TRL runs at its best settings on a CPU: micro-batches of 8, gradient checkpointing
off, fused AdamW, Pillow images, no logging, no evaluation. `bound` is what the multiplications of
either come to (`workload.flops_bound`), and `gradient` the relative difference. With `--plain` our
own plain path, every completion behind its own prompt, takes the same step a third time: what it
takes more than the shared one is due to sharing, what TRL takes more than it is due to the rest.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import torch
import transformers
from meters import Clock, Memory
from our_side import Ours
from torch import Tensor
from trl_side import StepObserver, trainer
from workload import Shape, examples, extra_stop_ids, flops_bound, model_spec

from regard.algorithms.policy_gradient import dapo
from regard.types import Example

BAR = {
    Shape(256, 128, 8): 3.8,
    Shape(576, 128, 8): 6.2,
    Shape(576, 128, 16): 7.5,
    Shape(576, 32, 16): 14.0,
    Shape(64, 128, 8): 2.0,
    Shape(256, 128, 8, is_ragged=True): 5.0,
    Shape(576, 128, 16, is_ragged=True): 11.0,
    Shape(64, 128, 8, is_ragged=True): 3.2,
}
"""The shapes of docs/performance.md, with the ratio we hold ourselves to."""

SWEEP = tuple(Shape(*sizes) for sizes in product((64, 256, 576), (32, 128, 256), (4, 8, 16)))
LEARNING_RATE = 1e-4


@dataclass
class Pair:
    """One step of each."""

    theirs_cpu_s: float
    theirs_wall_s: float
    theirs_peak_mb: float
    ours_cpu_s: float
    ours_wall_s: float
    ours_peak_mb: float
    mean_tokens: float
    gradient_error: float
    plain_cpu_s: float
    """Of our plain path; 0 where it was not asked for."""
    phases: dict[str, float] = field(default_factory=dict)
    """Wall seconds of the parts of our step."""


def reward_of(text: str) -> float:
    """A number from 0 to 1 that any change of the text changes."""
    return sum(map(ord, text)) % 101 / 100


def reward_of_rows(completions: list[list[dict[str, str]]], **_: object) -> list[float]:
    """The same, as TRL asks for it."""
    return [reward_of(messages[0]["content"]) for messages in completions]


def run(
    shape: Shape, *, num_prompts: int, num_pairs: int, kl_coef: float, has_plain: bool
) -> list[Pair]:
    """Steps of the two in turn; the first pair, which warms up, is left out."""
    spec = model_spec()
    model, tokenizer, processor = spec.build()
    stops = extra_stop_ids(shape, len(tokenizer))
    model.generation_config.eos_token_id = [tokenizer.eos_token_id, *stops]
    num_steps = num_pairs + 1
    prompts = examples(shape, num_prompts, num_steps)
    algorithm = replace(dapo(clip_high=0.2), kl_coef=kl_coef)

    def side(*, is_plain: bool) -> Ours:
        return Ours(
            (model, tokenizer, processor), spec, shape, algorithm=algorithm,
            learning_rate=LEARNING_RATE, num_prompts=num_prompts, reward=reward_of,
            is_plain=is_plain,
        )  # fmt: skip

    plain = side(is_plain=True) if has_plain else None
    duel = _Duel(model, side(is_plain=False), plain, prompts, num_prompts)
    theirs = trainer(
        model, tokenizer, processor, prompts, shape, num_prompts=num_prompts,
        num_steps=num_steps, kl_coef=kl_coef, loss="dapo", learning_rate=LEARNING_RATE,
        reward=duel.reward,
        observer=StepObserver(duel.begin, duel.take_gradients, duel.end),
    )  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):  # it prints a summary nobody asked for
        theirs.train()
    return duel.pairs[1:]


class _Duel:
    """Listens to TRL's trainer, and runs our step after each of its own."""

    def __init__(
        self,
        model: torch.nn.Module,
        ours: Ours,
        plain: Ours | None,
        prompts: list[Example],
        num_prompts: int,
    ) -> None:
        self.pairs: list[Pair] = []
        self._model, self._ours, self._plain = model, ours, plain
        self._prompts, self._num_prompts = prompts, num_prompts
        self._completions: list[list[int]] = []
        self._gradients: dict[str, Tensor] = {}

    def begin(self) -> None:
        self._weights = {name: w.clone() for name, w in self._model.state_dict().items()}
        self._memory = Memory()
        self._clock = Clock()

    def reward(self, completion_ids: list[list[int]], **columns: object) -> list[float]:
        self._completions = completion_ids
        return reward_of_rows(**columns)

    def take_gradients(self) -> None:
        self._clock.pause()
        self._gradients = {
            name: p.grad.clone() for name, p in self._model.named_parameters() if p.grad is not None
        }
        self._clock.resume()

    def end(self) -> None:
        self._clock.pause()
        theirs, peak = self._clock, self._memory.peak_mb()
        for parameter in self._model.parameters():
            parameter.grad = None
        first = len(self.pairs) * self._num_prompts
        prompts = self._prompts[first : first + self._num_prompts]
        self._ours.follow(self._weights)
        memory, clock = Memory(), Clock()
        collected, metrics = self._ours.step(prompts, self._completions)
        clock.pause()
        plainly = Clock()
        if self._plain is not None:
            self._plain.follow(self._weights)
            plainly = Clock()
            self._plain.step(prompts, self._completions)
        plainly.pause()
        self.pairs.append(
            Pair(
                theirs_cpu_s=theirs.cpu_s, theirs_wall_s=theirs.wall_s, theirs_peak_mb=peak,
                ours_cpu_s=clock.cpu_s, ours_wall_s=clock.wall_s, ours_peak_mb=memory.peak_mb(),
                mean_tokens=collected.num_tokens / len(self._completions),
                gradient_error=_relative_error(self._gradients, self._ours.gradients()),
                plain_cpu_s=plainly.cpu_s if self._plain is not None else 0.0,
                phases={
                    name: value
                    for name, value in (collected.metrics | metrics).items()
                    if name.startswith("time/")
                },
            )
        )  # fmt: skip


def _relative_error(theirs: dict[str, Tensor], ours: dict[str, Tensor]) -> float:
    """Length of the difference of two whole gradients, by the length of the first."""
    assert theirs.keys() == ours.keys()
    apart = sum((theirs[name] - ours[name]).double().square().sum() for name in theirs)
    whole = sum(gradient.double().square().sum() for gradient in theirs.values())
    return float((apart / whole).sqrt())


def summary(shape: Shape, pairs: Sequence[Pair], kl_coef: float) -> dict[str, object]:
    """What is printed of the pairs of a shape."""
    cpu = [pair.theirs_cpu_s / pair.ours_cpu_s for pair in pairs]
    wall = [pair.theirs_wall_s / pair.ours_wall_s for pair in pairs]
    median = statistics.median

    def middle(name: str) -> float:
        return median(getattr(pair, name) for pair in pairs)

    tokens = middle("mean_tokens")
    bound = flops_bound(shape, model_spec(), tokens, has_reference=kl_coef > 0)
    return {
        "shape": str(shape), "kl_coef": kl_coef, "pairs": len(pairs), "mean_tokens": tokens,
        "ratio": median(cpu), "least": min(cpu), "most": max(cpu), "wall_ratio": median(wall),
        "bound": bound, "theirs_cpu_s": middle("theirs_cpu_s"), "ours_cpu_s": middle("ours_cpu_s"),
        "theirs_peak_mb": middle("theirs_peak_mb"), "ours_peak_mb": middle("ours_peak_mb"),
        "plain_cpu_s": middle("plain_cpu_s"),
        "gradient_error": max(pair.gradient_error for pair in pairs),
        "phases": {name: median(p.phases[name] for p in pairs) for name in pairs[0].phases},
    }  # fmt: skip


HEADER = (
    f"{'shape':>18} {'KL':>5} {'tokens':>6} {'TRL s':>7} {'ours s':>7} {'ratio':>6} "
    f"{'(min-max)':>13} {'wall':>6} {'bound':>6} {'aim':>5} {'TRL MB':>7} "
    f"{'ours MB':>7} {'gradient':>9} {'plain s':>7}"
)


def line(row: dict, aim: float | None) -> str:
    span = f"({row['least']:.2f}-{row['most']:.2f})"
    plain = f"{row['plain_cpu_s']:.2f}" if row["plain_cpu_s"] else ""
    return (
        f"{row['shape']:>18} {row['kl_coef']:>5g} {row['mean_tokens']:>6.1f} "
        f"{row['theirs_cpu_s']:>7.2f} {row['ours_cpu_s']:>7.2f} {row['ratio']:>6.2f} {span:>13} "
        f"{row['wall_ratio']:>6.2f} {row['bound']:>6.2f} {aim or '':>5} "
        f"{row['theirs_peak_mb']:>7.0f} {row['ours_peak_mb']:>7.0f} {row['gradient_error']:>9.1e} "
        f"{plain:>7}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shapes", nargs="+", help="visual/new/G, as 256/128/8")
    parser.add_argument("--ragged", action="store_true", help="the shapes named, at ragged lengths")
    parser.add_argument("--sweep", action="store_true", help="27 shapes instead of the eight")
    parser.add_argument("--pairs", type=int, default=4, help="pairs of steps counted")
    parser.add_argument("--plain", action="store_true", help="our row-by-row path too")
    parser.add_argument(
        "--completions", type=int, default=32, help="completions of a step: prompts times G"
    )
    parser.add_argument("--kl-coef", type=float, default=0.0, help="weight of the divergence")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch, for both")
    parser.add_argument("--json", type=Path, help="write all figures here")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.set_verbosity_error()
    logging.getLogger().setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    if arguments.shapes:
        shapes: Sequence[Shape] = [Shape.parse(text, arguments.ragged) for text in arguments.shapes]
    else:
        shapes = SWEEP if arguments.sweep else tuple(BAR)
    rows = []
    print(HEADER, flush=True)
    for shape in shapes:
        pairs = run(
            shape, num_prompts=max(arguments.completions // shape.group_size, 1),
            num_pairs=arguments.pairs, kl_coef=arguments.kl_coef, has_plain=arguments.plain,
        )  # fmt: skip
        rows.append(summary(shape, pairs, arguments.kl_coef))
        print(line(rows[-1], BAR.get(shape) if not arguments.kl_coef else None), flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
