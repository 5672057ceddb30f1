"""Which checkpoint of a run is the best: what is compared between its evaluations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from regard.errors import ConfigError, nearest
from regard.types import Measured


class Selector(Protocol):
    """How good a checkpoint is, by its held-out answers: the greatest number is the best.

    None abstains: the checkpoint is not compared.
    """

    def __call__(self, measured: Measured) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class Best:
    """The checkpoint with the greatest, or the least, of a measured number."""

    metric: str = "accuracy"
    """Accuracy ("accuracy"), that of a kind of question ("accuracy/sum"), or another number of
    `evaluations.jsonl` ("reward/mean")."""
    least: bool = False
    """Whether less is better."""

    def __call__(self, measured: Measured) -> float:
        known = {"accuracy": measured.accuracy, **measured.metrics}
        known |= {f"accuracy/{kind}": part.accuracy for kind, part in measured.by_kind.items()}
        if self.metric not in known:
            raise ConfigError(
                f"the best checkpoint shall be told by '{self.metric}', which is not measured; "
                f"{nearest(self.metric, known)}"
            )
        return -known[self.metric] if self.least else known[self.metric]


@dataclass(frozen=True, kw_only=True)
class MostUndecided:
    """The checkpoint with the greatest entropy at critical words.

    Skywork-R1V3 (arXiv:2507.06167); wants `HeldOut(critical=CriticalEntropy())`.
    """

    least_coverage: float = 0.1
    """Share of answers with a critical word, 0 to 1, below which it abstains; ours."""

    def __call__(self, measured: Measured) -> float | None:
        coverage = measured.metrics.get("completion/critical_coverage")
        if coverage is None:
            raise ConfigError(
                "MostUndecided compares the entropy at critical words, which is not measured; "
                "set evaluation.critical to CriticalEntropy()"
            )
        if coverage < self.least_coverage or not coverage:
            return None
        return measured.metrics["completion/critical_entropy"]
