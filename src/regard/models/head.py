"""Log-probabilities of given tokens without ever keeping [tokens x vocabulary] logits.

Logits are made chunk by chunk, used, and thrown away; the backward pass makes them again. Memory
is that of one chunk, whatever the number of tokens. (The idea is that of Cut Your Losses,
arXiv:2411.09009; this is plain torch.)

Letters: N tokens, F features, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

_CHUNK_BYTES = 16 * 2**20
"""Size of one chunk of float32 logits."""


@dataclass(frozen=True)
class Head:
    """A language model's last linear layer, and the tokens it may never say."""

    weight: Float[Tensor, "V F"]
    bias: Float[Tensor, " V"] | None = None
    banned: Int[Tensor, " banned"] | None = None

    def logits(self, hidden: Float[Tensor, "N F"], temperature: float) -> Float[Tensor, "N V"]:
        """Scores of the next token in float32, divided by the temperature; -inf for the banned."""
        logits = hidden @ self.weight.T
        if self.bias is not None:
            logits = logits + self.bias
        logits = logits.float() / temperature
        if self.banned is not None and len(self.banned):
            logits[:, self.banned] = float("-inf")
        return logits


def token_logprobs(
    head: Head,
    hidden: Float[Tensor, "N F"],
    targets: Int[Tensor, " N"],
    *,
    temperature: float = 1.0,
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """Log-probability of each target, and the entropy of the distribution it stands in (nats).

    The first has a gradient for `hidden` and the head's weight and bias, the second has none.
    """
    return _TokenLogprobs.apply(hidden, head.weight, head.bias, targets, head.banned, temperature)


def entropy_of(logprobs: Float[Tensor, "N V"]) -> Float[Tensor, " N"]:
    """Entropy of rows of log-probabilities; what cannot happen adds nothing."""
    return -(logprobs.exp() * logprobs.clamp_min(torch.finfo(logprobs.dtype).min)).sum(-1)


class _TokenLogprobs(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        banned: Tensor | None,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        head = Head(weight, bias, banned)
        logprob = hidden.new_empty(len(hidden), dtype=torch.float32)
        entropy = torch.empty_like(logprob)
        for part in _chunks(len(hidden), weight.shape[0]):
            logprobs = head.logits(hidden[part], temperature).log_softmax(-1)
            logprob[part] = logprobs.gather(-1, targets[part, None])[:, 0]
            entropy[part] = entropy_of(logprobs)
        ctx.save_for_backward(hidden, weight, bias, targets, banned)
        ctx.temperature = temperature
        ctx.mark_non_differentiable(entropy)
        return logprob, entropy

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        hidden, weight, bias, targets, banned = ctx.saved_tensors
        head, grad = Head(weight, bias, banned), gradients[0]
        wants_hidden, wants_weight, wants_bias = ctx.needs_input_grad[:3]
        grad_hidden = torch.zeros_like(hidden) if wants_hidden else None
        grad_weight = torch.zeros_like(weight, dtype=torch.float32) if wants_weight else None
        grad_bias = torch.zeros_like(bias, dtype=torch.float32) if wants_bias else None
        for part in _chunks(len(hidden), weight.shape[0]):
            # d logprob / d logits = onehot(target) - softmax(logits)
            logits = head.logits(hidden[part], ctx.temperature)
            grad_logits = logits.softmax(-1).neg_()
            grad_logits[torch.arange(len(logits), device=logits.device), targets[part]] += 1
            grad_logits *= grad[part, None] / ctx.temperature
            if grad_bias is not None:
                grad_bias += grad_logits.sum(0)
            grad_logits = grad_logits.to(hidden.dtype)
            if grad_hidden is not None:
                grad_hidden[part] = grad_logits @ weight
            if grad_weight is not None:
                grad_weight += grad_logits.T @ hidden[part]
        return (
            grad_hidden,
            None if grad_weight is None else grad_weight.to(weight.dtype),
            None if grad_bias is None else grad_bias.to(bias.dtype),
            None, None, None,
        )  # fmt: skip


def _chunks(num_tokens: int, num_words: int) -> list[slice]:
    size = max(_CHUNK_BYTES // (4 * num_words), 1)
    return [slice(start, start + size) for start in range(0, num_tokens, size)]
