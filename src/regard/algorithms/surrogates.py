"""What is maximised at each token: importance ratio times advantage, held back in some way.

Letters: N tokens of R completions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from regard.errors import ConfigError
from regard.schedule import Scheduled

Level = Literal["token", "sequence"]


@dataclass(frozen=True)
class Gain:
    """What a surrogate gives."""

    values: Float[Tensor, " N"]
    """What is maximised; 0 wherever the advantage is 0."""
    facts: Mapping[str, Float[Tensor, " N"]] = field(default_factory=dict)
    """Facts about each token by metric name, without gradients."""


@runtime_checkable
class Surrogate(Protocol):
    """An objective for each token.

    One whose tokens each depend on their own log-probability and on no other's may say so by
    `is_per_token = True`, which spares the head's second pass.
    """

    def __call__(
        self,
        logprob: Float[Tensor, " N"],
        old_logprob: Float[Tensor, " N"],
        advantage: Float[Tensor, " N"],
        lengths: Int[Tensor, " R"],
    ) -> Gain: ...


@dataclass(frozen=True, kw_only=True)
class Clip:
    """PPO's clipped ratio (arXiv:1707.06347), its two sides apart as in DAPO (arXiv:2503.14476).

    With r = p / p_old: min(r A, clip(r, 1 - low, 1 + high) A). On the very policy that drew the
    tokens r is 1 and its gradient is the plain policy gradient.
    """

    low: float | Scheduled = 0.2
    high: float | Scheduled = 0.2
    dual: float | Scheduled | None = None
    """A bad token whose ratio is above this is let go (dual clip, arXiv:1912.09729): where A < 0,
    the gain is at least dual times A. EasyR1 has 3, verl 3 or 10; it must be above 1."""
    ratio: Level = "token"
    """Each token's own ratio, or its completion's geometric mean (GSPO, arXiv:2507.18071)."""

    def __post_init__(self) -> None:
        if isinstance(self.dual, (int, float)) and self.dual <= 1:
            raise ConfigError(f"Clip: dual is {self.dual}; it must be above 1")

    @property
    def is_per_token(self) -> bool:
        return self.ratio == "token"

    def __call__(
        self,
        logprob: Float[Tensor, " N"],
        old_logprob: Float[Tensor, " N"],
        advantage: Float[Tensor, " N"],
        lengths: Int[Tensor, " R"],
    ) -> Gain:
        r = ratio(logprob, old_logprob, lengths, level=self.ratio)
        free = r * advantage
        held = r.clamp(1 - self.low, 1 + self.high) * advantage
        gain = free.minimum(held)
        facts = {"policy/clip_fraction": (held < free).float()}
        if self.dual is not None:
            floor = self.dual * advantage
            is_let_go = (advantage < 0) & (gain < floor)
            facts["policy/dual_clip_fraction"] = is_let_go.float()
            gain = floor.where(is_let_go, gain)
        return Gain(gain, facts)


@dataclass(frozen=True)
class OnPolicy:
    """The advantage itself, with the gradient of the log-probability: no ratio, nothing to clip.

    What Med-R1 and Vision-R1 (vision-guided) run, who update once on what they have just drawn.
    """

    @property
    def is_per_token(self) -> bool:
        return True

    def __call__(
        self,
        logprob: Float[Tensor, " N"],
        old_logprob: Float[Tensor, " N"],
        advantage: Float[Tensor, " N"],
        lengths: Int[Tensor, " R"],
    ) -> Gain:
        return Gain((logprob - logprob.detach()).exp() * advantage)


@dataclass(frozen=True, kw_only=True)
class Cispo:
    """The log-likelihood, weighted by a clipped ratio without gradient (arXiv:2506.13585).

    A token whose ratio has left the range still teaches, at a bounded weight.
    """

    least: float = 0.0
    """The ratio is at least this: 1 - low of the paper, which leaves it open."""
    most: float = 5.0
    """And at most this: 1 + high of the paper, which does not give it; TRL's and ScaleRL's 5."""
    ratio: Level = "token"

    @property
    def is_per_token(self) -> bool:
        return self.ratio == "token"

    def __call__(
        self,
        logprob: Float[Tensor, " N"],
        old_logprob: Float[Tensor, " N"],
        advantage: Float[Tensor, " N"],
        lengths: Int[Tensor, " R"],
    ) -> Gain:
        r = ratio(logprob.detach(), old_logprob, lengths, level=self.ratio)
        weight = r.clamp(self.least, self.most)
        is_held = (weight != r) & (advantage != 0)
        return Gain(weight * advantage * logprob, {"policy/clip_fraction": is_held.float()})


@dataclass(frozen=True, kw_only=True)
class TruncatedImportance:
    """Weights for tokens that another program drew: how likely they are here over there, held.

    An engine of its own (vLLM) rounds otherwise than training does, so its log-probabilities are
    not those of the policy that learns. min(p_old / p_engine, most) makes up for most of it, and
    the bound keeps a rare token from deciding the update (Yao et al., "Your efficient RL framework
    secretly brings you off-policy RL training", 2025).
    """

    most: float = 2.0
    """Greatest weight (their C; TRL's and verl's default)."""
    level: Level = "token"
    """Token by token, or the product over a completion."""

    def __call__(
        self,
        old_logprob: Float[Tensor, " N"],
        engine_logprob: Float[Tensor, " N"],
        lengths: Int[Tensor, " R"],
    ) -> Float[Tensor, " N"]:
        difference = old_logprob - engine_logprob
        if self.level == "sequence":
            difference = by_completion(difference, lengths).repeat_interleave(lengths)
        return difference.exp().clamp(max=self.most)


def ratio(
    logprob: Float[Tensor, " N"],
    old_logprob: Float[Tensor, " N"],
    lengths: Int[Tensor, " R"],
    *,
    level: Level,
) -> Float[Tensor, " N"]:
    """How much likelier each token has become since it was drawn.

    >>> import math, torch
    >>> now, old = torch.tensor([math.log(0.8), math.log(0.2)]), torch.tensor([math.log(0.4)] * 2)
    >>> ratio(now, old, torch.tensor([2]), level="token")
    tensor([2.0000, 0.5000])
    >>> ratio(now, old, torch.tensor([2]), level="sequence")  # the root of 2 x 0.5
    tensor([1., 1.])
    """
    difference = logprob - old_logprob
    if level == "sequence":
        mean = by_completion(difference, lengths) / lengths.clamp_min(1)
        difference = mean.repeat_interleave(lengths)
    return difference.exp()


def by_completion(values: Float[Tensor, " N"], lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
    """The sum over the tokens of each completion."""
    lengths = lengths.to(values.device)
    row = lengths.new_tensor(range(len(lengths))).repeat_interleave(lengths)
    return values.new_zeros(len(lengths)).index_add(0, row, values)
