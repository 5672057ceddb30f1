"""One update: tokens to gradients, through prompts that are run once.

For each batch of prompts: read them with a graph, run their answers in micro-batches against a
copy of the state that only collects gradients, then send what it collected back through the
prompts and the vision tower in one backward pass. Memory is that of one batch of prompts and one
micro-batch of answers, whatever the group's size; the gradient is exact.

Letters: N tokens, R completions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from regard.algorithms.batch import Algorithm, TokenBatch
from regard.models.head import token_logprobs
from regard.models.policy import Policy, State
from regard.models.prompts import Prompt
from regard.rollout.native import batches


@dataclass
class Totals:
    """Sums over the tokens of an update, for its metrics."""

    loss: float = 0.0
    num_tokens: int = 0
    prompt_tokens: int = 0
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def means(self) -> dict[str, float]:
        """The mean of each metric over all tokens learned from."""
        return {name: total / self.num_tokens for name, total in self.sums.items()}


@dataclass(frozen=True)
class Chunk:
    """A micro-batch: rows of a batch whose prompts stand side by side."""

    prompts: list[int]
    """The prompts that are read together, by number."""
    rows: list[list[int]]
    """The rows that are run together, micro-batch by micro-batch."""


def plan(
    batch: TokenBatch, prompts: Sequence[Prompt], max_tokens: int, *, is_plain: bool = False
) -> list[Chunk]:
    """Cut a batch so that no pass runs more than `max_tokens` tokens, if a single row allows it.

    `is_plain`: every row runs its prompt too.
    """
    group, lengths = batch.group.tolist(), batch.lengths.tolist()
    if is_plain:
        lengths = [n + len(prompts[i]) for n, i in zip(lengths, group, strict=True)]
    used = sorted(set(group))
    chunks = []
    for bucket in batches([prompts[i] for i in used], max_tokens, len(used)):
        numbers = [used[i] for i in bucket]
        members = set(numbers)
        rows = [row for row in range(len(batch)) if group[row] in members]
        rows.sort(key=lengths.__getitem__)
        chunks.append(Chunk(numbers, _cut(rows, lengths, max_tokens)))
    return chunks


def learn(
    policy: Policy,
    prompts: Sequence[Prompt],
    batch: TokenBatch,
    algorithm: Algorithm,
    *,
    temperature: float,
    max_tokens: int,
) -> Totals:
    """Add the gradient of the batch's loss to the policy's weights."""
    totals = Totals()
    for chunk in plan(batch, prompts, max_tokens, is_plain=policy.path == "plain"):
        state = policy.read([prompts[i] for i in chunk.prompts])
        leaves = state.leaves()
        totals.prompt_tokens += int(state.lengths.sum())
        for rows in chunk.rows:
            part = batch.rows(rows)
            logprob, _ = _run(policy, leaves, chunk, part, temperature)
            loss = algorithm.loss(part.to(policy.device), logprob)
            value = loss.values.sum()
            value.backward()
            totals.loss += value.item()
            totals.num_tokens += len(part.token_ids)
            for name, facts in loss.metrics.items():
                totals.sums[name] += facts.sum().item()
        _send_back(state, leaves)
    return totals


@torch.no_grad()
def score(
    policy: Policy,
    prompts: Sequence[Prompt],
    batch: TokenBatch,
    *,
    temperature: float,
    max_tokens: int,
) -> Float[Tensor, " N"]:
    """Log-probabilities of a batch's tokens under a policy, without gradients."""
    starts = (batch.lengths.cumsum(0) - batch.lengths).tolist()
    found = torch.empty(len(batch.token_ids))
    for chunk in plan(batch, prompts, max_tokens, is_plain=policy.path == "plain"):
        state = policy.read([prompts[i] for i in chunk.prompts])
        for rows in chunk.rows:
            part = batch.rows(rows)
            logprob, _ = _run(policy, state, chunk, part, temperature)
            for row, values in zip(rows, logprob.split(part.lengths.tolist()), strict=True):
                found[starts[row] : starts[row] + len(values)] = values
    return found


def _run(
    policy: Policy, state: State, chunk: Chunk, part: TokenBatch, temperature: float
) -> tuple[Tensor, Tensor]:
    """Log-probability and entropy of every token of a micro-batch."""
    prompt_of = [chunk.prompts.index(group) for group in part.group.tolist()]
    hidden = policy.respond(state, part.answers, prompt_of)
    with policy.compute():
        targets = part.token_ids.to(policy.device)
        return token_logprobs(policy.head, hidden, targets, temperature=temperature)


def _send_back(state: State, leaves: State) -> None:
    """Send the gradients the answers left at their prompts back to where the prompts came from."""
    pairs = [
        (made, leaf.grad)
        for made, leaf in zip(state.tensors, leaves.tensors, strict=True)
        if leaf.grad is not None
    ]
    if pairs:
        made, gradients = zip(*pairs, strict=True)
        torch.autograd.backward(made, gradients)


def _cut(rows: Sequence[int], lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Rows in their order, in runs of at most `max_tokens` tokens; a longer row stands alone."""
    return list(_runs(rows, lengths, max_tokens))


def _runs(rows: Sequence[int], lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    run: list[int] = []
    for row in rows:
        if run and sum(lengths[r] for r in run) + lengths[row] > max_tokens:
            yield run
            run = []
        run.append(row)
    if run:
        yield run
