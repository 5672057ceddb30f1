"""Attention that tells its log-sum-exp, so that parts over different keys can be merged.

On a CPU it is torch's flash kernel, which gives the log-sum-exp and takes it back in the backward
pass. Elsewhere it is plain products over blocks of queries, of bounded memory: exact, the same
formulas, and slower than a fused kernel would be.

Letters: B batch, K heads, Q queries, P keys, D head width.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

_BLOCK_BYTES = 64 * 2**20
"""Size of the float32 scores of one block of queries."""


def attend(
    query: Float[Tensor, "B K Q D"],
    key: Float[Tensor, "B K P D"],
    value: Float[Tensor, "B K P D"],
    bias: Float[Tensor, "B 1 1 P"] | None,
    is_causal: bool,
    scaling: float,
) -> tuple[Float[Tensor, "B K Q D"], Float[Tensor, "B K Q"]]:
    """Attention and its log-sum-exp (float32)."""
    if query.device.type == "cpu":
        out, lse = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            query, key, value, 0.0, is_causal, attn_mask=bias, scale=scaling
        )
        return out, lse
    return attend_by_blocks(query, key, value, bias, is_causal, scaling)


def attend_backward(
    grad: Float[Tensor, "B K Q D"],
    query: Float[Tensor, "B K Q D"],
    key: Float[Tensor, "B K P D"],
    value: Float[Tensor, "B K P D"],
    out: Float[Tensor, "B K Q D"],
    lse: Float[Tensor, "B K Q"],
    bias: Float[Tensor, "B 1 1 P"] | None,
    is_causal: bool,
    scaling: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of query, key and value, given the whole attention's output and log-sum-exp."""
    if query.device.type == "cpu":
        of_query, of_key, of_value = (
            torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(
                grad, query, key, value, out, lse, 0.0, is_causal, attn_mask=bias, scale=scaling
            )
        )
        return of_query, of_key, of_value
    return attend_backward_by_blocks(grad, query, key, value, out, lse, bias, is_causal, scaling)


def merge(
    first: Tensor, first_lse: Tensor, second: Tensor, second_lse: Tensor
) -> tuple[Tensor, Tensor]:
    """Two attentions over different keys as one attention over both."""
    lse = torch.logaddexp(first_lse, second_lse)
    weight = (first_lse - lse).exp()[..., None].to(first.dtype)
    return torch.lerp(second, first, weight), lse


def attend_by_blocks(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, is_causal: bool, scaling: float
) -> tuple[Tensor, Tensor]:
    """`attend` in plain products."""
    out, lse = torch.empty_like(query), query.new_empty(query.shape[:3], dtype=torch.float32)
    for rows in _blocks(query, key):
        scores = _scores(query, key, rows, bias, is_causal, scaling)
        lse[:, :, rows] = scores.logsumexp(-1)
        probs = (scores - lse[:, :, rows, None]).exp()
        out[:, :, rows] = probs.to(value.dtype) @ value
    return out, lse


def attend_backward_by_blocks(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, out: Tensor, lse: Tensor,
    bias: Tensor | None, is_causal: bool, scaling: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """`attend_backward` in plain products."""
    of_query, of_key, of_value = (torch.zeros_like(tensor) for tensor in (query, key, value))
    for rows in _blocks(query, key):
        scores = _scores(query, key, rows, bias, is_causal, scaling)
        probs = (scores - lse[:, :, rows, None]).exp()
        of_probs = (grad[:, :, rows] @ value.transpose(-1, -2)).float()
        delta = (grad[:, :, rows] * out[:, :, rows]).sum(-1, keepdim=True).float()
        of_scores = (probs * (of_probs - delta) * scaling).to(query.dtype)
        of_query[:, :, rows] = of_scores @ key
        of_key += of_scores.transpose(-1, -2) @ query[:, :, rows]
        of_value += probs.to(grad.dtype).transpose(-1, -2) @ grad[:, :, rows]
    return of_query, of_key, of_value


def _scores(
    query: Tensor, key: Tensor, rows: slice, bias: Tensor | None, is_causal: bool, scaling: float
) -> Tensor:
    """Scores of some queries in float32; -inf for what they do not see."""
    scores = (query[:, :, rows] @ key.transpose(-1, -2)).float() * scaling
    if bias is not None:
        scores = scores + bias
    if is_causal:
        places = torch.arange(key.shape[2], device=key.device)
        scores = scores.masked_fill(places > places[rows, None], float("-inf"))
    return scores


def _blocks(query: Tensor, key: Tensor) -> Iterator[slice]:
    """Queries in runs whose scores fit into a block."""
    per_query = 4 * query.shape[0] * query.shape[1] * key.shape[2]
    size = max(_BLOCK_BYTES // max(per_query, 1), 1)
    return (slice(start, start + size) for start in range(0, query.shape[2], size))
