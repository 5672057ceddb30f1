"""From a step's groups to new weights: the optimiser, the reference, and the updates between."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from regard.algorithms.batch import TokenBatch
from regard.errors import TrainingError
from regard.models.policy import Policy
from regard.models.prompts import Prompt
from regard.models.readings import Readings
from regard.training.optimizer import set_rate
from regard.training.stages import Collected, Reinforce, Supervise
from regard.training.update import learn, score


@dataclass(frozen=True)
class Learner:
    """A policy on its way, with what its stage keeps beside it."""

    policy: Policy
    optimizer: torch.optim.Optimizer
    reference: Policy | None
    """The policy as the stage began or as it last was, if its algorithm asks for one."""

    def update(
        self, stage: Supervise | Reinforce, collected: Collected, stage_step: int
    ) -> dict[str, float]:
        """Learn from a step's groups, in as many updates as the stage says; its metrics."""
        rate = stage.optimizer.rate_at(stage_step, stage.num_steps)
        set_rate(self.optimizer, rate)
        batches = self._batches(stage, collected)
        rows = []
        for update, (batch, prompts) in enumerate(batches * stage.passes_per_step):
            if len(batch):
                # What sampling read is of the weights before the first update.
                readings = collected.readings if update == 0 else None
                rows.append(self._one_update(stage, batch, prompts, readings))
        metrics = _mean_of(rows) | {"learning_rate": rate, "update/num_updates": float(len(rows))}
        if rows and "policy/log_ratio" in rows[0]:
            # Before the first update nothing has moved: what differs is how it was computed.
            metrics["policy/engine_gap"] = rows[0]["policy/log_ratio"]
        return metrics

    def _one_update(
        self,
        stage: Supervise | Reinforce,
        batch: TokenBatch,
        prompts: Sequence[Prompt],
        readings: Readings | None,
    ) -> dict[str, float]:
        self.optimizer.zero_grad(set_to_none=True)
        totals = learn(
            self.policy, prompts, batch, stage.algorithm,
            temperature=stage.temperature, max_tokens=stage.tokens_per_micro_batch,
            readings=readings,
            reference=self.reference if stage.algorithm.needs_divergence else None,
        )  # fmt: skip
        weights = [parameter for _, parameter in self.policy.trainable()]
        norm = torch.nn.utils.clip_grad_norm_(weights, stage.optimizer.max_gradient_norm).item()
        if not (math.isfinite(totals.loss) and math.isfinite(norm)):
            raise TrainingError(
                f"stage '{stage.name}': loss {totals.loss}, gradient {norm}: no longer numbers, so "
                "the weights were left as they were. Lower optimizer.learning_rate or look at the "
                "rollouts before; the same command goes on from the last checkpoint"
            )
        self.optimizer.step()
        return {
            **totals.means(),
            "loss": totals.loss,
            "gradient/norm": norm,
            "update/num_tokens": float(totals.num_tokens),
        }

    def _batches(
        self, stage: Supervise | Reinforce, collected: Collected
    ) -> list[tuple[TokenBatch, list[Prompt]]]:
        """The tokens of each update of a step, with the prompts of their groups.

        All log-probabilities beside the one that learns are found before anything has moved.
        """
        parts = list(_parts(len(collected.groups), stage.updates_per_step))
        prompts = [collected.prompts[part.start : part.stop] for part in parts]
        batches = [
            self._with_logprobs(
                stage, stage.algorithm.weigh(collected.groups[part.start : part.stop]), own
            )
            for part, own in zip(parts, prompts, strict=True)
        ]
        return list(zip(stage.algorithm.settle(batches), prompts, strict=True))

    def _with_logprobs(
        self, stage: Supervise | Reinforce, batch: TokenBatch, prompts: Sequence[Prompt]
    ) -> TokenBatch:
        """The same batch with what the algorithm wants to know of the reference and the engine."""

        def scored(policy: Policy) -> Tensor:
            return score(
                policy, prompts, batch,
                temperature=stage.temperature, max_tokens=stage.tokens_per_micro_batch,
            )  # fmt: skip

        if stage.algorithm.needs_own_logprob:
            own = scored(self.policy)
            batch = replace(batch, engine_logprob=batch.old_logprob, old_logprob=own)
        if self.reference is not None and not stage.algorithm.needs_divergence:
            batch = replace(batch, reference_logprob=scored(self.reference))
        return batch


@dataclass(frozen=True)
class Onlooker:
    """A policy in a stage that learns nothing."""

    policy: Policy
    optimizer: None = None
    reference: None = None


def _parts(num_groups: int, num_parts: int) -> Iterator[range]:
    """Numbers of groups in so many runs of almost equal length; empty runs are left out.

    >>> list(_parts(5, 2)), list(_parts(1, 2))
    ([range(0, 2), range(2, 5)], [range(0, 1)])
    """
    edges = [num_groups * part // num_parts for part in range(num_parts + 1)]
    return (range(start, end) for start, end in pairwise(edges) if end > start)


def _mean_of(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = rows[0] if rows else ()
    return {name: sum(row[name] for row in rows) / len(rows) for name in names}
