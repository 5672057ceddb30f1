"""Attention of many answers to prompts that were run once.

The G completions of a prompt share its keys and values. Here an answer's token looks at two places,
the prompt (keys read once for all answers of the group, never copied) and its own earlier tokens,
and the two softmaxes are merged exactly through their log-sum-exp `l`:

    out = w out_prompt + (1 - w) out_own
    w = exp(l_prompt - l),  l = log(exp l_prompt + exp l_own)

Running the flash backward of each part with the *merged* output and log-sum-exp gives the exact
gradient, since both parts' probabilities are exp(score - l). (Hydragen, arXiv:2402.05099, decodes
this way; training this way is ours.)

One function is registered with transformers under `NAME`; a layout object handed to the model as
the keyword argument `regard_layout` says what a call is: `Reading` a prompt (ordinary attention,
keys and values kept), `Responding` to it with whole answers, or `Decoding` one token a row. Without
a layout the model behaves as stock. Answers come as N rows of one token each, so no layer but this
one sees padding and transformers never builds a mask.

Letters: B prompts, P prompt tokens, R answers, T tokens of an answer, N tokens of all answers,
H query heads, K key heads, D head width, Q tokens of one group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

from regard.models.kernels import attend, attend_backward, merge
from regard.models.slots import Slots

NAME = "regard_shared_prefix"
"""What the attention is called in a model's configuration while Regard runs it."""

_BLOCK = 64
"""Buffers of own keys and values grow by so many tokens."""

_NO_QUERY = 1e4
"""Log-sum-exp of a padded query: its probabilities vanish in the backward pass."""


@dataclass
class Reading:
    """Run prompts as they are, keeping each layer's keys and values."""

    keys: dict[int, Float[Tensor, "B K P D"]] = field(default_factory=dict)
    values: dict[int, Float[Tensor, "B K P D"]] = field(default_factory=dict)

    def attend(self, module: Any, query: Tensor, key: Tensor, value: Tensor, **kwargs: Any) -> Any:
        # setdefault: gradient checkpointing runs a layer a second time during the backward pass.
        self.keys.setdefault(module.layer_idx, key)
        self.values.setdefault(module.layer_idx, value)
        return sdpa_attention_forward(module, query, key, value, **kwargs)


@dataclass(frozen=True)
class Responding:
    """Whole answers, N tokens packed: each sees its prompt and its own answer up to itself."""

    keys: list[Float[Tensor, "B K P D"]]
    values: list[Float[Tensor, "B K P D"]]
    prompt_bias: Float[Tensor, "B 1 1 P"] | None
    """Zero where there is a prompt token and -inf where there is padding; None without padding."""
    groups: Slots
    """Tokens by prompt, [B, Q]."""
    rows: Slots
    """Tokens by answer, [R, T]."""

    def attend(
        self, module: Any, query: Tensor, key: Tensor, value: Tensor, *, scaling: float, **_: Any
    ) -> Any:
        layer = module.layer_idx
        out = _SharedPrefix.apply(
            query[:, :, 0], key[:, :, 0], value[:, :, 0], self.keys[layer], self.values[layer],
            self, scaling,
        )  # fmt: skip
        return out[:, None], None


@dataclass
class Decoding:
    """One token of every row that is still alive; own keys and values pile up in buffers."""

    keys: list[Float[Tensor, "B K P D"]]
    values: list[Float[Tensor, "B K P D"]]
    prompt_bias: Float[Tensor, "B 1 1 P"] | None
    groups: Slots
    """Rows by prompt, [B, Q]."""
    length: int = 0
    """How many own tokens the rows have already."""
    own_keys: list[Float[Tensor, "R K capacity D"]] = field(default_factory=list)
    own_values: list[Float[Tensor, "R K capacity D"]] = field(default_factory=list)

    def attend(
        self, module: Any, query: Tensor, key: Tensor, value: Tensor, *, scaling: float, **_: Any
    ) -> Any:
        layer = module.layer_idx
        own_key, own_value = self._append(layer, key, value)
        tokens = query[:, :, 0]
        folded = _fold(self.groups.spread(tokens), own_key.shape[1])
        out, lse = attend(
            folded, self.keys[layer], self.values[layer], self.prompt_bias, False, scaling
        )
        columns = self.groups.index.shape[1]
        prompt_out = self.groups.gather(_unfold(out, columns))
        prompt_lse = self.groups.gather(_unfold(lse[..., None], columns))[..., 0]
        alone = tokens.unflatten(1, (own_key.shape[1], -1))  # the heads that share a key, together
        out, lse = attend(alone, own_key, own_value, None, False, scaling)
        merged = merge(prompt_out, prompt_lse, out.flatten(1, 2), lse.flatten(1, 2))
        return merged[0][:, None], None

    def keep(self, rows: Int[Tensor, " kept"], prompt: Int[Tensor, " kept"]) -> None:
        """Forget every row but these; `prompt` says whose answer each kept row is."""
        self.groups = Slots.of(prompt, self.keys[0].shape[0])
        self.own_keys = [buffer[rows] for buffer in self.own_keys]
        self.own_values = [buffer[rows] for buffer in self.own_values]

    def _append(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Write one token a row; what a layer has written so far, this token included."""
        if layer == len(self.own_keys):
            num_rows, heads, _, width = key.shape
            empty = key.new_empty(num_rows, heads, 0, width)
            self.own_keys.append(empty)
            self.own_values.append(empty)
        return self._write(self.own_keys, layer, key), self._write(self.own_values, layer, value)

    def _write(self, buffers: list[Tensor], layer: int, new: Tensor) -> Tensor:
        if self.length == buffers[layer].shape[2]:
            room = new.new_empty(*new.shape[:2], _BLOCK, new.shape[3])
            buffers[layer] = torch.cat([buffers[layer], room], dim=2)
        buffers[layer][:, :, self.length] = new[:, :, 0]
        return buffers[layer][:, :, : self.length + 1]


Layout = Reading | Responding | Decoding


def prompt_bias(
    lengths: Int[Tensor, " B"], width: int, dtype: torch.dtype
) -> Float[Tensor, "B 1 1 P"] | None:
    """What hides the padding of prompts of these lengths, padded on the right to `width`."""
    if bool((lengths == width).all()):
        return None
    is_padding = torch.arange(width, device=lengths.device) >= lengths[:, None]
    bias = torch.zeros(is_padding.shape, dtype=dtype, device=lengths.device)
    return bias.masked_fill(is_padding, float("-inf"))[:, None, None, :]


class _SharedPrefix(torch.autograd.Function):
    """Attention of packed answers to their prompts and to themselves, merged; exact gradients."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Float[Tensor, "N H D"],
        key: Float[Tensor, "N K D"],
        value: Float[Tensor, "N K D"],
        prompt_key: Float[Tensor, "B K P D"],
        prompt_value: Float[Tensor, "B K P D"],
        layout: Responding,
        scaling: float,
    ) -> Float[Tensor, "N H D"]:
        num_key_heads = key.shape[1]
        width = layout.groups.index.shape[1]
        by_group = _fold(layout.groups.spread(query), num_key_heads)
        out, lse = attend(by_group, prompt_key, prompt_value, layout.prompt_bias, False, scaling)
        prompt_out = layout.groups.gather(_unfold(out, width))
        prompt_lse = layout.groups.gather(_unfold(lse[..., None], width))[..., 0]

        own = _by_row(layout.rows, query, key, value)
        out, lse = attend(own[0], own[1], own[2], None, True, scaling)
        own_out = layout.rows.gather(out.transpose(1, 2))
        own_lse = layout.rows.gather(lse.transpose(1, 2))

        merged, merged_lse = merge(prompt_out, prompt_lse, own_out, own_lse)
        ctx.save_for_backward(query, key, value, prompt_key, prompt_value, merged, merged_lse)
        ctx.layout, ctx.scaling = layout, scaling
        return merged

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        query, key, value, prompt_key, prompt_value, out, lse = ctx.saved_tensors
        layout, scaling, (grad,) = ctx.layout, ctx.scaling, gradients
        num_heads, num_key_heads = query.shape[1], key.shape[1]
        groups, rows = layout.groups, layout.rows

        def fold(tokens: Tensor, fill: float = 0.0) -> Tensor:
            return _fold(groups.spread(tokens, fill), num_key_heads)

        grad_query, grad_prompt_key, grad_prompt_value = attend_backward(
            fold(grad), fold(query), prompt_key, prompt_value, fold(out),
            fold(lse[..., None], _NO_QUERY)[..., 0], layout.prompt_bias, False, scaling,
        )  # fmt: skip
        grad_query = groups.gather(_unfold(grad_query, groups.index.shape[1]))

        def by_row(tokens: Tensor, fill: float = 0.0) -> Tensor:
            return rows.spread(tokens, fill).transpose(1, 2)

        own = _by_row(rows, query, key, value)
        own_query, own_key, own_value = attend_backward(
            by_row(grad), own[0], own[1], own[2], by_row(out), by_row(lse, _NO_QUERY),
            None, True, scaling,
        )  # fmt: skip
        grad_query = grad_query + rows.gather(own_query.transpose(1, 2))
        share = num_heads // num_key_heads

        def sum_heads(rectangle: Tensor) -> Tensor:
            return rows.gather(rectangle.transpose(1, 2)).unflatten(1, (-1, share)).sum(2)

        return (
            grad_query, sum_heads(own_key), sum_heads(own_value),
            grad_prompt_key, grad_prompt_value, None, None,
        )  # fmt: skip


def _by_row(rows: Slots, query: Tensor, key: Tensor, value: Tensor) -> list[Tensor]:
    """Each answer's queries, keys and values, keys repeated for the heads that share them."""
    share = query.shape[1] // key.shape[1]
    spread = [query, key.repeat_interleave(share, 1), value.repeat_interleave(share, 1)]
    return [rows.spread(tokens).transpose(1, 2) for tokens in spread]


def _fold(tokens: Float[Tensor, "B Q H D"], num_key_heads: int) -> Float[Tensor, "B K rQ D"]:
    """Put all queries that share a key head into one long row, so that keys are never repeated."""
    b, q, h, d = tokens.shape
    split = tokens.view(b, q, num_key_heads, h // num_key_heads, d)
    return split.permute(0, 2, 3, 1, 4).reshape(b, num_key_heads, -1, d)


def _unfold(folded: Float[Tensor, "B K rQ D"], num_queries: int) -> Float[Tensor, "B Q H D"]:
    b, k, rows, d = folded.shape
    split = folded.view(b, k, rows // max(num_queries, 1), num_queries, d)
    return split.permute(0, 3, 1, 2, 4).reshape(b, num_queries, -1, d)


def _attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    regard_layout: Layout | None = None,
    **kwargs: Any,
) -> Any:
    """What transformers calls in every language layer."""
    if regard_layout is None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
    if query.dtype != value.dtype:  # autocast: rotary positions come out in float32
        query, key = query.to(value.dtype), key.to(value.dtype)
    return regard_layout.attend(module, query, key, value, attention_mask=attention_mask, **kwargs)


AttentionInterface.register(NAME, _attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
