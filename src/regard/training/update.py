"""One update: tokens to gradients, through prompts that are run once.

For each batch of prompts: read them with a graph (or take the graph sampling left, where nothing
has moved since), run their answers in micro-batches against a copy of the state that only collects
gradients, then send what it collected back through the prompts and the vision tower in one backward
pass. Memory is that of one batch of prompts and one micro-batch of answers, whatever the group's
size; the gradient is exact.

Letters: N tokens, R completions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Float
from torch import Tensor

from regard.algorithms.batch import Algorithm, TokenBatch
from regard.models.head import Beside, summed_loss, token_logprobs
from regard.models.policy import Policy, PromptState, State
from regard.models.prompts import Prompt
from regard.models.readings import Readings
from regard.rollout.native import batches


@dataclass
class Totals:
    """Sums over the tokens of an update, for its metrics."""

    loss: float = 0.0
    num_tokens: int = 0
    sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def note(self, metrics: Mapping[str, Tensor]) -> None:
        """Add the facts of some tokens."""
        for name, facts in metrics.items():
            self.sums[name] += facts.sum().item()

    def means(self) -> dict[str, float]:
        """The mean of each metric over all tokens learned from."""
        return {name: total / self.num_tokens for name, total in self.sums.items()}


@dataclass(frozen=True)
class Chunk:
    """A micro-batch: rows of a batch whose prompts stand side by side."""

    prompts: list[int]
    """The prompts that are read together, by number; -1 for one that nothing is learned from."""
    rows: list[list[int]]
    """The rows that are run together, micro-batch by micro-batch."""
    state: PromptState | None = None
    """What has been read of the prompts already."""


def plan(
    batch: TokenBatch,
    prompts: Sequence[Prompt],
    max_tokens: int,
    *,
    is_plain: bool = False,
    readings: Readings | None = None,
) -> list[Chunk]:
    """Cut a batch so that no pass runs more than `max_tokens` tokens, if a single row allows it.

    `is_plain`: every row runs its prompt too.
    """
    group, lengths = batch.group.tolist(), batch.lengths.tolist()
    if is_plain:
        lengths = [n + len(prompts[i]) for n, i in zip(lengths, group, strict=True)]
    used = sorted(set(group))
    # A question may stand twice in a step: each reading of it serves one of its groups.
    numbers_of: dict[Prompt, list[int]] = defaultdict(list)
    for number in used:
        numbers_of[prompts[number]].append(number)
    chunks = []

    def add(numbers: list[int], state: PromptState | None = None) -> None:
        members = set(numbers)
        rows = [row for row in range(len(batch)) if group[row] in members]
        rows.sort(key=lengths.__getitem__)
        chunks.append(Chunk(numbers, list(_runs(rows, lengths, max_tokens)), state))

    for members, state in readings.take([prompts[i] for i in used]) if readings else ():
        left = (numbers_of[prompt] for prompt in members)
        numbers = [own.pop(0) if own else -1 for own in left]
        used = [number for number in used if number not in numbers]
        add(numbers, state)
    for bucket in batches([prompts[i] for i in used], max_tokens, len(used)):
        add([used[i] for i in bucket])
    return chunks


def learn(
    policy: Policy,
    prompts: Sequence[Prompt],
    batch: TokenBatch,
    algorithm: Algorithm,
    *,
    temperature: float,
    max_tokens: int,
    readings: Readings | None = None,
    reference: Policy | None = None,
) -> Totals:
    """Add the gradient of the batch's loss to the policy's weights.

    `readings`: what this policy, with these weights, has read of the prompts already. `reference`:
    for an algorithm that wants its divergence over the whole vocabulary.
    """
    totals = Totals()
    chunks = plan(batch, prompts, max_tokens, is_plain=policy.path == "plain", readings=readings)
    while chunks:
        chunk = chunks.pop(0)  # its graph is freed when it is done with
        own = [prompts[i] for i in chunk.prompts]
        state = chunk.state or policy.read(own)
        leaves = state.leaves()
        other = Onlooking.of(reference, own) if reference is not None else None
        for rows in chunk.rows:
            part = batch.rows(rows)
            beside = other.at(chunk, part) if other is not None else None
            loss = _loss(policy, leaves, chunk, part, algorithm, temperature, totals, beside)
            loss.backward()
            totals.loss += loss.item()
            totals.num_tokens += len(part.token_ids)
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
            hidden = _hidden(policy, state, chunk, part)
            logprob, _ = _logprobs(policy, hidden, part, temperature)
            for row, values in zip(rows, logprob.split(part.lengths.tolist()), strict=True):
                found[starts[row] : starts[row] + len(values)] = values
    return found


@dataclass(frozen=True)
class Onlooking:
    """A reference that has read the prompts of a chunk."""

    policy: Policy
    state: State

    @staticmethod
    @torch.no_grad()
    def of(policy: Policy, prompts: Sequence[Prompt]) -> Onlooking:
        return Onlooking(policy, policy.read(prompts))

    @torch.no_grad()
    def at(self, chunk: Chunk, part: TokenBatch) -> Beside:
        """What it would predict each token of a micro-batch from."""
        return Beside(self.policy.head, _hidden(self.policy, self.state, chunk, part))


def _loss(
    policy: Policy,
    state: State,
    chunk: Chunk,
    part: TokenBatch,
    algorithm: Algorithm,
    temperature: float,
    totals: Totals,
    reference: Beside | None,
) -> Float[Tensor, ""]:
    """The loss of a micro-batch, made with its gradient where each token's stands alone."""
    hidden = _hidden(policy, state, chunk, part)
    part = part.to(policy.device)

    def loss_of(
        tokens: slice, logprob: Tensor, entropy: Tensor | None, divergence: Tensor | None = None
    ) -> Tensor:
        known = replace(part.tokens(tokens), entropy=entropy, divergence=divergence)
        loss = algorithm.loss(known, logprob)
        totals.note(loss.metrics)
        return loss.values

    if not algorithm.is_per_token:
        return loss_of(slice(None), *_logprobs(policy, hidden, part, temperature)).sum()
    with policy.compute():
        return summed_loss(
            policy.head, hidden, part.token_ids, loss_of,
            temperature=temperature, needs_entropy=algorithm.needs_entropy, reference=reference,
        )  # fmt: skip


def _hidden(policy: Policy, state: State, chunk: Chunk, part: TokenBatch) -> Tensor:
    """What every token of a micro-batch is predicted from."""
    prompt_of = [chunk.prompts.index(group) for group in part.group.tolist()]
    return policy.respond(state, part.answers, prompt_of)


def _logprobs(
    policy: Policy, hidden: Tensor, part: TokenBatch, temperature: float
) -> tuple[Tensor, Tensor]:
    """Log-probability and entropy of every token of a micro-batch."""
    targets = part.token_ids.to(policy.device)
    with policy.compute():
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


def _runs(rows: Sequence[int], lengths: Sequence[int], max_tokens: int) -> Iterator[list[int]]:
    """Rows in their order, in runs of at most `max_tokens` tokens; a longer row stands alone."""
    run: list[int] = []
    for row in rows:
        if run and sum(lengths[r] for r in run) + lengths[row] > max_tokens:
            yield run
            run = []
        run.append(row)
    if run:
        yield run
