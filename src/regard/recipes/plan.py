"""What a run will take, before it is begun; a run that cannot work is refused here with the reason.

Memory is an estimate from below, in the sizes that matter: weights, gradients and the optimiser's
moments in float32 (with AdamW's two 16 bytes a trainable weight, with Muon's one 12 at least, 4 a
frozen one), a reference's own copy, the keys
and values of the prompts of a step while it samples, and the activations of one micro-batch (about
34 numbers a feature and layer and token for a language layer: Korthikanti et al.,
arXiv:2205.05198, eq. 2, without the attention scores, which flash attention never stores).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from rich.table import Table

from regard.data.mixing import left_out
from regard.errors import ConfigError, DataError
from regard.models.parts import PARTS, part_of
from regard.models.policy import Policy
from regard.recipes.run import Run, Stage
from regard.schedule import resolve
from regard.training.optimizer import Muon
from regard.training.rejection import Accepted, RejectionSampling
from regard.training.stages import LearningStage, Reinforce, Supervise
from regard.types import Dataset

_NUM_LOOKED_AT = 64
"""Examples whose prompts are measured."""

_ACTIVATIONS = 34
"""Numbers kept for the backward pass for each feature of each layer and token."""


@dataclass(frozen=True)
class Line:
    """A quantity with its name, and what it was made of."""

    name: str
    value: str
    note: str = ""


def plan(run: Run) -> list[Table]:
    """Tables of what a run will take. Loads the policy and looks at some of the data."""
    policy = run.policy.load()
    tables = [_table(f"policy of {run.name}", _policy_lines(policy))]
    for stage in run.stages:
        tables.append(_table(f"stage {stage.name}", _stage_lines(policy, stage)))
    return tables


def _policy_lines(policy: Policy) -> Iterator[Line]:
    counts = dict.fromkeys(PARTS, 0)
    learning = dict.fromkeys(PARTS, 0)
    for name, parameter in policy.model.named_parameters():
        counts[part_of(name)] += parameter.numel()
        learning[part_of(name)] += parameter.numel() * parameter.requires_grad
    yield Line("architecture", type(policy.base).__name__, policy.base.config.model_type)
    for part in PARTS:
        yield Line(f"weights, {part}", f"{counts[part]:,}", f"{learning[part]:,} learn")
    yield Line("weights", f"{sum(counts.values()):,}", f"{sum(learning.values()):,} learn")
    yield Line("greatest length", f"{policy.max_tokens:,} tokens", "prompt and answer together")


def _stage_lines(policy: Policy, stage: Stage) -> Iterator[Line]:
    if isinstance(stage.data, Accepted):
        yield Line("examples", f"what '{stage.data.stage}' accepts")
        yield Line("steps", f"{stage.num_steps:,}", _stop_note(stage))
        yield Line("prompts_per_step", f"{stage.prompts_per_step}")
        return
    dataset = stage.data.load()
    lengths = _prompt_lengths(policy, stage, dataset)
    num_bad = len(left_out(dataset))
    note = f"{num_bad:,} bad records left out" if num_bad else ""
    yield Line("examples", f"{len(dataset):,}", note)
    span = f"{min(lengths)} to {max(lengths)}"
    yield Line("prompt tokens", span, f"{fmean(lengths):.0f} on average")
    yield Line("steps", f"{stage.num_steps:,}", _stop_note(stage))
    yield Line("prompts_per_step", f"{stage.prompts_per_step}")
    seen = stage.num_steps * stage.prompts_per_step / len(dataset)
    yield Line("passes over the data", f"{seen:.2f}", "steps x prompts_per_step / examples")
    answers, answer_tokens = stage.prompts_per_step, 0
    if isinstance(stage, (Reinforce, RejectionSampling)):
        now = resolve(stage, stage.num_steps - 1, stage.num_steps)
        answers, answer_tokens = stage.prompts_per_step * now.group_size, now.sampling.max_tokens
        note = f"prompts_per_step x group_size {now.group_size}"
        yield Line("completions a step", f"{answers}", note)
        yield Line(
            "tokens a step", f"up to {answers * answer_tokens:,}", f"x {answer_tokens} max_tokens"
        )
    if isinstance(stage, Reinforce):
        updates = stage.updates_per_step * stage.passes_per_step
        yield Line("updates a step", f"{updates}", "updates_per_step x passes_per_step")
        if updates == 1:
            yield Line("off-policy", "never", "every update learns from the policy it updates")
    yield from _memory_lines(policy, stage, max(lengths), answers, answer_tokens)


def _memory_lines(
    policy: Policy, stage: Stage, prompt_tokens: int, answers: int, answer_tokens: int
) -> Iterator[Line]:
    text = policy.base.config.get_text_config()
    num_all = sum(p.numel() for p in policy.model.parameters())
    num_learning = sum(p.numel() for _, p in policy.trainable())
    head_width = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    width = 4 if policy.spec.precision == "float32" else 2
    keys = 2 * text.num_hidden_layers * text.num_key_value_heads * head_width * width
    sizes = {
        "weights": 4 * num_all,
        "gradients and optimiser": _moments(stage) * num_learning,
        "reference": 4 * num_learning * _has_reference(stage),
        "keys and values": keys
        * (stage.prompts_per_step * prompt_tokens + answers * answer_tokens),
        "activations": _activations(policy, stage, text, width),
    }
    for name, size in sizes.items():
        if size:
            yield Line(f"memory, {name}", _bytes(size))
    yield Line("memory", _bytes(sum(sizes.values())), "an estimate from below, for each device")


def _moments(stage: Stage) -> int:
    """Bytes of a weight's gradient and of what the optimiser keeps of it, at least."""
    if not isinstance(stage, LearningStage):
        return 0
    return 8 if isinstance(stage.optimizer, Muon) else 12


def _has_reference(stage: Stage) -> bool:
    return isinstance(stage, (Supervise, Reinforce)) and stage.algorithm.needs_reference


def _activations(policy: Policy, stage: Stage, text: Any, width: int) -> int:
    if not isinstance(stage, LearningStage):
        return 0
    layers = 1 if policy.spec.gradient_checkpointing else text.num_hidden_layers
    per_token = _ACTIVATIONS * text.hidden_size * layers * width // 2
    return int(stage.tokens_per_micro_batch * per_token)


def _prompt_lengths(policy: Policy, stage: Stage, dataset: Dataset) -> list[int]:
    """Lengths of some prompts; refuses a stage none of whose prompts can be answered."""
    room = policy.max_tokens
    if isinstance(stage, (Reinforce, RejectionSampling)):
        answer = resolve(stage, stage.num_steps - 1, stage.num_steps).sampling.max_tokens
        if answer >= room:
            raise ConfigError(
                f"stage '{stage.name}': sampling.max_tokens is {answer:,}, but the model was made "
                f"for {room:,} tokens, prompt and answer together"
            )
        room -= answer
    lengths, faults = [], []
    count = min(len(dataset), _NUM_LOOKED_AT)
    for i in range(count):
        try:
            lengths.append(len(policy.prompt(dataset[i * len(dataset) // count])))
        except DataError as error:
            faults.append(str(error))
    if not lengths:
        raise ConfigError(f"stage '{stage.name}': no example can be used; the first: {faults[0]}")
    if min(lengths) > room:
        raise ConfigError(
            f"stage '{stage.name}': the shortest of {count} prompts has {min(lengths)} tokens, and "
            f"the model leaves {room} beside the answer; lower sampling.max_tokens, or shrink the "
            "images"
        )
    return lengths


def _stop_note(stage: Stage) -> str:
    accuracy = stage.stop_at_accuracy if isinstance(stage, LearningStage) else None
    return "" if accuracy is None else f"at most: ends at a held-out accuracy of {accuracy:g}"


def _table(title: str, lines: Iterator[Line]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2))
    for line in lines:
        table.add_row(line.name, line.value, line.note)
    return table


def _bytes(size: float) -> str:
    """
    >>> [_bytes(size) for size in (900_000, 3_200_000_000)]
    ['0.9 MB', '3.2 GB']
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
