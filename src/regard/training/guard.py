"""The guard: on the first batch, one rollout is run again on the plain path.

The shared path rests on what a model needs of its prompt. Where that does not hold the results are
wrong without a sign, as they were for windows that slide and for states that recur. So the longest
answer to the longest prompt is run alone through the model as it is, and if its log-probabilities
are others, the policy takes the plain path from then on.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from regard.models.head import token_logprobs
from regard.models.policy import Policy, State
from regard.models.prompts import Prompt
from regard.models.work import Work
from regard.training.stages import Collected
from regard.types import Completion

TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2}
"""Mean difference allowed, in nats a token. Where the shared path is right the difference is
rounding (1e-6 and 1e-2 or so); where it is wrong, almost every token moves."""


@torch.no_grad()
def gaps(policy: Policy, collected: Collected, temperature: float) -> dict[str, float]:
    """How far sampling, and training, are from the plain path on one rollout: nats a token."""
    policy = copy.copy(policy)
    policy.work = Work()  # what the guard runs is no part of the step
    prompt, answer = max(_wholly_drawn(collected), key=_lengths)
    plain = _logprobs(policy, policy.plain.read([prompt]), answer.token_ids, temperature)
    again = _logprobs(policy, policy.read([prompt]), answer.token_ids, temperature)
    found = {"training": (again - plain).abs().mean().item()}
    if any(answer.logprobs):  # given answers, not sampled ones, have none
        sampled = torch.tensor(answer.logprobs, device=plain.device)
        found["sampling"] = (sampled - plain).abs().mean().item()
    return found


def objection(policy: Policy, collected: Collected, temperature: float) -> str | None:
    """What is wrong with the shared path, in a sentence."""
    if policy.path == "plain" or not _wholly_drawn(collected):
        return None
    allowed = TOLERANCE[policy.spec.precision]
    for what, gap in gaps(policy, collected, temperature).items():
        if not gap <= allowed:
            return (
                f"log-probabilities in {what} differ by {gap:.1e} nats a token from the model run "
                f"by itself (allowed: {allowed:.0e}), so sharing prompts is not right for it"
            )
    return None


def _wholly_drawn(collected: Collected) -> list[tuple[Prompt, Completion]]:
    """Completions without a token that somebody else put in, each with its prompt."""
    pairs = zip(collected.prompts, collected.groups, strict=True)
    return [(p, c) for p, group in pairs for c in group.completions if not c.policy_weights]


def _lengths(pair: tuple[Prompt, Completion]) -> tuple[int, int]:
    return len(pair[0]), len(pair[1].token_ids)


def _logprobs(
    policy: Policy, state: State, token_ids: tuple[int, ...], temperature: float
) -> Tensor:
    hidden = policy.respond(state, [token_ids], [0])
    targets = torch.tensor(token_ids, device=policy.device)
    with policy.compute():
        return token_logprobs(policy.head, hidden, targets, temperature=temperature)[0]
