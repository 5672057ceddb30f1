"""Losses and log-probabilities of given tokens without ever keeping [tokens x vocabulary] logits.

Logits are made chunk by chunk, used, and thrown away; memory is that of one chunk, whatever the
number of tokens. Where a token's loss depends on no other token, `summed_loss` makes the gradient
of a chunk while its logits are there: three products with the head's weight. Where it does depend
on others (a ratio of whole answers), `token_logprobs` makes the logits again in the backward pass:
four. (The ideas are those of Liger-Kernel, arXiv:2410.10989, and Cut Your Losses, arXiv:2411.09009;
this is plain torch.)

Letters: N tokens, F features, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

_CHUNK_BYTES = 8 * 2**20
"""Size of one chunk of float32 logits: about what the nearest large cache of a CPU holds."""

_LEAST_ROWS = 64
"""Tokens of a chunk at least: with fewer, reading the head's weight costs more than multiplying."""

LossOf = Callable[[slice, Tensor, Tensor | None, Tensor | None], Tensor]
"""The losses of some tokens (a slice of all), given their log-probabilities and, where asked for,
the entropies of the distributions they stand in, and the divergences of these from a reference."""


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
        logits = logits.float()
        if temperature != 1:
            logits = logits / temperature
        if self.banned is not None and len(self.banned):
            logits[:, self.banned] = float("-inf")
        return logits


@dataclass(frozen=True)
class Beside:
    """Another policy at the same tokens, to be diverged from; nothing of it learns."""

    head: Head
    hidden: Float[Tensor, "N F"]

    def logprobs(self, part: slice, temperature: float) -> Float[Tensor, "n V"]:
        """Its distributions over the vocabulary at some tokens."""
        return self.head.logits(self.hidden[part], temperature).log_softmax(-1)


def token_logprobs(
    head: Head,
    hidden: Float[Tensor, "N F"],
    targets: Int[Tensor, " N"],
    *,
    temperature: float = 1.0,
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
    """Log-probability of each target, and the entropy of the distribution it stands in (nats).

    Both have gradients for `hidden` and the head's weight and bias.
    """
    return _TokenLogprobs.apply(hidden, head.weight, head.bias, targets, head.banned, temperature)


def summed_loss(
    head: Head,
    hidden: Float[Tensor, "N F"],
    targets: Int[Tensor, " N"],
    loss_of: LossOf,
    *,
    temperature: float = 1.0,
    needs_entropy: bool = False,
    reference: Beside | None = None,
) -> Float[Tensor, ""]:
    """The sum of the tokens' losses, with a gradient for `hidden` and the head's weight and bias.

    `loss_of` is called once for each chunk, with gradients on; a token's loss may depend on its own
    log-probability, entropy and divergence from the reference, and on no other's.

    >>> head, hidden = Head(torch.eye(2)), torch.zeros(3, 2)
    >>> summed_loss(head, hidden, torch.tensor([0, 1, 1]), lambda part, logprob, *_: -logprob)
    tensor(2.0794)
    """
    total: Tensor = _SummedLoss.apply(
        hidden,
        head.weight,
        head.bias,
        targets,
        head.banned,
        loss_of,
        temperature,
        needs_entropy,
        reference,
    )
    return total


def entropy_of(logprobs: Float[Tensor, "N V"]) -> Float[Tensor, " N"]:
    """Entropy of rows of log-probabilities; what cannot happen adds nothing."""
    return -(logprobs.exp() * _finite(logprobs)).sum(-1)


def divergence_of(
    logprobs: Float[Tensor, "N V"], reference: Float[Tensor, "N V"]
) -> Float[Tensor, " N"]:
    """Divergence of rows from others (nats); what cannot happen adds nothing."""
    return (logprobs.exp() * (_finite(logprobs) - _finite(reference))).sum(-1)


def _finite(logprobs: Tensor) -> Tensor:
    """Minus infinity made a number, so that it is 0 when it is multiplied by its probability."""
    return logprobs.clamp_min(-1e4)  # whose exponential is 0 in any precision


class _Gradients:
    """Gradients of the head's inputs, gathered chunk by chunk from those of the logits."""

    def __init__(self, head: Head, hidden: Tensor, wanted: tuple[bool, ...]) -> None:
        self._head, self._hidden = head, hidden
        wants_hidden, wants_weight, wants_bias = wanted
        self._of_hidden = torch.zeros_like(hidden) if wants_hidden else None
        self._of_weight = _zeros(head.weight) if wants_weight else None
        self._of_bias = _zeros(head.bias) if wants_bias and head.bias is not None else None

    def add(
        self,
        part: slice,
        targets: Tensor,
        logprobs: Tensor,
        pull: Tensor,
        entropy_pull: Tensor | None = None,
        divergence: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        """Take in a chunk: its log-probabilities (overwritten), and how hard each token is pulled.

        `divergence`: how hard away from what, the reference's log-probabilities.

        d logprob    / d logits = onehot(target) - probs
        d entropy    / d logits = -probs (logprobs + entropy)
        d divergence / d logits = probs (logprobs - reference - divergence)
        """
        scale = -pull[:, None]
        if entropy_pull is not None:
            scale = scale - entropy_pull[:, None] * (
                _finite(logprobs) + entropy_of(logprobs)[:, None]
            )
        if divergence is not None:
            away, reference = divergence
            apart = _finite(logprobs) - _finite(reference)
            scale = scale + away[:, None] * (apart - divergence_of(logprobs, reference)[:, None])
        of_logits = logprobs.exp_().mul_(scale)
        of_logits[torch.arange(len(targets), device=targets.device), targets] += pull
        if self._of_bias is not None:
            self._of_bias += of_logits.sum(0)
        of_logits = of_logits.to(self._hidden.dtype)
        if self._of_hidden is not None:
            self._of_hidden[part] = of_logits @ self._head.weight
        if self._of_weight is not None:
            self._of_weight += of_logits.T @ self._hidden[part]

    @property
    def found(self) -> list[Tensor | None]:
        """Of the hidden states, the weight and the bias, in their own precisions."""
        weight, bias = self._of_weight, self._of_bias
        return [
            self._of_hidden,
            None if weight is None else weight.to(self._head.weight.dtype),
            None if bias is None or self._head.bias is None else bias.to(self._head.bias.dtype),
        ]


class _SummedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        banned: Tensor | None,
        loss_of: LossOf,
        temperature: float,
        needs_entropy: bool,
        reference: Beside | None,
    ) -> Tensor:
        head = Head(weight, bias, banned)
        gradients = _Gradients(head, hidden, ctx.needs_input_grad[:3])
        total = torch.zeros((), device=hidden.device)
        for part in _chunks(len(hidden), weight.shape[0]):
            logprobs = head.logits(hidden[part], temperature).log_softmax(-1)
            logprob = logprobs.gather(-1, targets[part, None])[:, 0]
            entropy = entropy_of(logprobs) if needs_entropy else None
            other = None if reference is None else reference.logprobs(part, temperature)
            apart = None if other is None else divergence_of(logprobs, other)
            facts = {"logprob": logprob, "entropy": entropy, "divergence": apart}
            read = {n: fact.requires_grad_() for n, fact in facts.items() if fact is not None}
            with torch.enable_grad():
                loss = loss_of(part, logprob, entropy, apart).sum()
                pulls = torch.autograd.grad(loss, list(read.values()))
            pull = {n: each / temperature for n, each in zip(read, pulls, strict=True)}
            gradients.add(
                part,
                targets[part],
                logprobs,
                pull["logprob"],
                pull.get("entropy"),
                None if other is None else (pull["divergence"], other),
            )
            total += loss.detach()
        ctx.save_for_backward(*gradients.found)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        found = [None if saved is None else saved * gradients[0] for saved in ctx.saved_tensors]
        return *found, None, None, None, None, None, None


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
        ctx.precision = _precision(hidden.device.type)
        ctx.set_materialize_grads(False)
        return logprob, entropy

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        hidden, weight, bias, targets, banned = ctx.saved_tensors
        head = Head(weight, bias, banned)
        found = _Gradients(head, hidden, ctx.needs_input_grad[:3])
        pull, entropy_pull = (
            None if gradient is None else gradient / ctx.temperature for gradient in gradients
        )
        pull = hidden.new_zeros(len(hidden), dtype=torch.float32) if pull is None else pull
        with torch.autocast(hidden.device.type, **ctx.precision):
            for part in _chunks(len(hidden), weight.shape[0]):
                logprobs = head.logits(hidden[part], ctx.temperature).log_softmax(-1)
                of_entropy = None if entropy_pull is None else entropy_pull[part]
                found.add(part, targets[part], logprobs, pull[part], of_entropy)
        return *found.found, None, None, None


def _precision(device: str) -> dict[str, Any]:
    """What autocast is set to, to be set again in the backward pass."""
    return {"enabled": torch.is_autocast_enabled(device), "dtype": torch.get_autocast_dtype(device)}


def _zeros(like: Tensor) -> Tensor:
    return torch.zeros_like(like, dtype=torch.float32)


def _chunks(num_tokens: int, num_words: int) -> list[slice]:
    size = max(_CHUNK_BYTES // (4 * num_words), _LEAST_ROWS)
    return [slice(start, min(start + size, num_tokens)) for start in range(0, num_tokens, size)]
