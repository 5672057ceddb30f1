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
    """Shares by completion lengths."""

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
        return 1 / (len(lengths) * lengths)


@dataclass(frozen=True)
class TokenMean:
    """Every token counts the same (DAPO, arXiv:2503.14476, eq. 12).

    >>> import torch
    >>> TokenMean()(torch.tensor([1, 4]))
    tensor([0.2000, 0.2000])
    """

    def __call__(self, lengths: Int[Tensor, " R"]) -> Float[Tensor, " R"]:
        return (1 / lengths.sum()).expand(len(lengths))


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
