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
class Slots:
    """Where each of N packed tokens stands in a padded rectangle, there and back."""

    index: Int[Tensor, "rows cols"]
    """The packed token in each place; N where there is none."""
    place: Int[Tensor, " N"]
    """The place of each packed token in the flattened rectangle."""
    is_dense: bool
    """Whether the tokens lie in the rectangle as they are packed, so that nothing need be moved."""

    @classmethod
    def of(cls, row: Int[Tensor, " N"], num_rows: int) -> Slots:
        """Tokens in their order, each in the row named for it."""
        counts = torch.bincount(row, minlength=num_rows)
        width = int(counts.max()) if len(row) else 0
        order = torch.argsort(row, stable=True)
        starts = counts.cumsum(0) - counts
        column = torch.arange(len(row)) - starts[row[order]]
        place = torch.empty_like(row)
        place[order] = row[order] * width + column
        index = torch.full((num_rows * width,), len(row))
        index[place] = torch.arange(len(row))
        is_dense = len(row) == len(index) and bool((place == torch.arange(len(row))).all())
        return cls(index.view(num_rows, width), place, is_dense)

    def to(self, device: torch.device) -> Slots:
        return Slots(self.index.to(device), self.place.to(device), self.is_dense)

    def spread(self, tokens: Tensor, fill: float = 0.0) -> Tensor:
        """[N, …] tokens -> [rows, cols, …]."""
        if self.is_dense:
            return tokens.unflatten(0, self.index.shape)
        padding = tokens.new_full((1, *tokens.shape[1:]), fill)
        return torch.cat([tokens, padding])[self.index]

    def gather(self, rectangle: Tensor) -> Tensor:
        """[rows, cols, …] -> [N, …] tokens."""
        packed = rectangle.flatten(0, 1)
        return packed if self.is_dense else packed[self.place]


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
    num_rows: int
    length: int = 0
    """How many own tokens the rows have already."""
    own_keys: list[Float[Tensor, "R K capacity D"]] = field(default_factory=list)
    own_values: list[Float[Tensor, "R K capacity D"]] = field(default_factory=list)

    def attend(
        self, module: Any, query: Tensor, key: Tensor, value: Tensor, *, scaling: float, **_: Any
    ) -> Any:
        layer = module.layer_idx
        own_key, own_value = self._append(layer, key, value)
        prompt_key = self.keys[layer]
        folded = _fold(self.groups.spread(query[:, :, 0]), prompt_key.shape[1])
        prompt_out, prompt_lse = _attend(
            folded, prompt_key, self.values[layer], self.prompt_bias, False, scaling
        )
        columns = self.groups.index.shape[1]
        prompt_out = self.groups.gather(_unfold(prompt_out, columns))
        prompt_lse = self.groups.gather(_unfold(prompt_lse[..., None], columns))[..., 0]
        alone = _fold(query[:, :, 0][:, None], own_key.shape[1])
        own_out, own_lse = _attend(alone, own_key, own_value, None, False, scaling)
        own_out = _unfold(own_out, 1)[:, 0]
        own_lse = _unfold(own_lse[..., None], 1)[:, 0, :, 0]
        merged = _merge(prompt_out, prompt_lse, own_out, own_lse)[0]
        return merged[:, None], None

    def keep(self, rows: Int[Tensor, " kept"], prompt: Int[Tensor, " kept"]) -> None:
        """Forget every row but these; `prompt` says whose answer each kept row is."""
        self.num_rows = len(rows)
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
        out, lse = _attend(by_group, prompt_key, prompt_value, layout.prompt_bias, False, scaling)
        prompt_out = layout.groups.gather(_unfold(out, width))
        prompt_lse = layout.groups.gather(_unfold(lse[..., None], width))[..., 0]

        own = _by_row(layout.rows, query, key, value)
        out, lse = _attend(own[0], own[1], own[2], None, True, scaling)
        own_out = layout.rows.gather(out.transpose(1, 2))
        own_lse = layout.rows.gather(lse.transpose(1, 2))

        merged, merged_lse = _merge(prompt_out, prompt_lse, own_out, own_lse)
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

        grad_query, grad_prompt_key, grad_prompt_value = _attend_backward(
            fold(grad), fold(query), prompt_key, prompt_value, fold(out),
            fold(lse[..., None], _NO_QUERY)[..., 0], layout.prompt_bias, False, scaling,
        )  # fmt: skip
        grad_query = groups.gather(_unfold(grad_query, groups.index.shape[1]))

        def by_row(tokens: Tensor, fill: float = 0.0) -> Tensor:
            return rows.spread(tokens, fill).transpose(1, 2)

        own = _by_row(rows, query, key, value)
        own_query, own_key, own_value = _attend_backward(
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


def _merge(
    first: Tensor, first_lse: Tensor, second: Tensor, second_lse: Tensor
) -> tuple[Tensor, Tensor]:
    """Two attentions over different keys as one attention over both."""
    lse = torch.logaddexp(first_lse, second_lse)
    weight = (first_lse - lse).exp()[..., None].to(first.dtype)
    return torch.lerp(second, first, weight), lse


def _attend(
    query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, is_causal: bool, scaling: float
) -> tuple[Tensor, Tensor]:
    """Attention and its log-sum-exp (float32)."""
    if query.device.type == "cpu":
        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            query, key, value, 0.0, is_causal, attn_mask=bias, scale=scaling
        )
    scores = _scores(query, key, bias, is_causal, scaling)
    lse = scores.logsumexp(-1)
    return (scores - lse[..., None]).exp().to(value.dtype) @ value, lse


def _attend_backward(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, out: Tensor, lse: Tensor,
    bias: Tensor | None, is_causal: bool, scaling: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Gradients of query, key and value, given the whole attention's output and log-sum-exp."""
    if query.device.type == "cpu":
        return torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward(
            grad, query, key, value, out, lse, 0.0, is_causal, attn_mask=bias, scale=scaling
        )
    probs = (_scores(query, key, bias, is_causal, scaling) - lse[..., None]).exp()
    grad_probs = (grad @ value.transpose(-1, -2)).float()
    delta = (grad * out).sum(-1, keepdim=True).float()
    grad_scores = (probs * (grad_probs - delta) * scaling).to(query.dtype)
    return (
        grad_scores @ key,
        grad_scores.transpose(-1, -2) @ query,
        probs.to(grad.dtype).transpose(-1, -2) @ grad,
    )


def _scores(
    query: Tensor, key: Tensor, bias: Tensor | None, is_causal: bool, scaling: float
) -> Tensor:
    scores = (query @ key.transpose(-1, -2)).float() * scaling
    if bias is not None:
        scores = scores + bias
    if is_causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = scores.masked_fill(hidden, float("-inf"))
    return scores


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
