"""What share each token has in the loss of one update: the loss is the sum of share x token loss.

Shares are settled before anything is run, over all completions of the update, so that micro-batches
add up to the same gradient however they are cut, and a completion that teaches nothing can be left
out without changing the others' shares.

Letters: R completions, N tokens of all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor


@runtime_checkable
class Aggregate(Protocol):
    """Shares by completion lengths, in tokens that count."""

    def __call__(self, lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        """The share of every token of each completion."""
        ...


@dataclass(frozen=True)
class SequenceMean:
    """Every completion counts the same, however long it is (GRPO, arXiv:2402.03300, eq. 3).

    >>> import torch
    >>> SequenceMean()(torch.tensor([1, 4]))
    tensor([0.5000, 0.1250])
    """

    def __call__(self, lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        # A completion none of whose tokens count has a share of nothing, which must not be 1 / 0.
        return 1 / (len(lengths) * lengths.clamp_min(1))


@dataclass(frozen=True)
class TokenMean:
    """Every token counts the same (DAPO, arXiv:2503.14476, eq. 12).

    >>> import torch
    >>> TokenMean()(torch.tensor([1, 4]))
    tensor([0.2000, 0.2000])
    """

    eps: float = 0.0
    """Added to the number of tokens: 1e-8 in verl and EasyR1, 1e-4 in VL-Rethinker."""

    def __call__(self, lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        return (1 / (lengths.sum().clamp_min(1) + self.eps)).expand(len(lengths))


@dataclass(frozen=True)
class ConstantLength:
    """Every token counts the same, however short its batch (Dr. GRPO, arXiv:2503.20783).

    >>> import torch
    >>> ConstantLength(max_tokens=10)(torch.tensor([1, 4]))
    tensor([0.0500, 0.0500])
    """

    max_tokens: int
    """What sums are divided by in place of the length: the greatest length sampled."""

    def __call__(self, lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        return 1 / (len(lengths) * lengths.new_full(lengths.shape, self.max_tokens))


@dataclass(frozen=True)
class SequenceSum:
    """Completions count by their length, and are averaged (verl's `seq-mean-token-sum`).

    >>> import torch
    >>> SequenceSum()(torch.tensor([1, 4]))
    tensor([0.5000, 0.5000])
    """

    def __call__(self, lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        return lengths.new_full(lengths.shape, 1).float() / len(lengths)


@dataclass(frozen=True)
class TokenSum:
    """The bare sum over all tokens, divided by a number.

    verl's `seq-mean-token-sum-norm` is this with the length of the longest completion, padding
    included: what Dr. GRPO has, times the number of completions.

    >>> import torch
    >>> TokenSum(divisor=10.0)(torch.tensor([1, 4]))
    tensor([0.1000, 0.1000])
    """

    divisor: float = 1.0

    def __call__(self, lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        return lengths.new_full(lengths.shape, 1).float() / self.divisor
