"""How one token is drawn from a row of scores.

A token is drawn by inverting the cumulative distribution at a number between 0 and 1 that belongs
to its example, completion and place. So a completion does not depend on what it is sampled beside.

Letters: R rows, V vocabulary, S stop tokens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from regard.errors import ConfigError
from regard.models.head import entropy_of
from regard.schedule import Scheduled


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How completions are drawn. Any field may be a schedule."""

    max_tokens: int | Scheduled = 256
    """The greatest length of a completion, its stop token included."""
    min_tokens: int | Scheduled = 0
    """No stop token is drawn before so many tokens."""
    temperature: float | Scheduled = 1.0
    """Scores are divided by it; 0 takes the likeliest token."""
    top_p: float | Scheduled = 1.0
    """Draw from the likeliest tokens that hold this much probability together."""
    top_k: int | Scheduled = 0
    """Draw from so many of the likeliest tokens; 0 draws from all."""
    stop: tuple[str, ...] = ()
    """Texts that end a completion; they stay in it."""

    def __post_init__(self) -> None:
        for field, is_right, expected in (
            ("max_tokens", _at_least(self.max_tokens, 1), "1 or more"),
            ("min_tokens", _at_least(self.min_tokens, 0), "0 or more"),
            ("temperature", _at_least(self.temperature, 0), "0 or more"),
            ("top_p", _is_share(self.top_p), "above 0, at most 1"),
            ("top_k", _at_least(self.top_k, 0), "0 or more"),
        ):
            if not is_right:
                value = getattr(self, field)
                raise ConfigError(f"sampling: {field} is {value}; it must be {expected}")

    def greedy(self) -> Sampling:
        """The same lengths and stops, but always the likeliest token."""
        return Sampling(
            max_tokens=self.max_tokens, min_tokens=self.min_tokens, temperature=0.0, stop=self.stop
        )


@dataclass(frozen=True)
class Draw:
    """One token for every row, with its log-probability and the entropy it was drawn from (nats).

    Both are those of the whole distribution at the temperature: what top-p, top-k and the least
    length leave out shapes what is drawn, not what training calls its probability.
    """

    tokens: Int[Tensor, " R"]
    logprobs: Float[Tensor, " R"]
    entropies: Float[Tensor, " R"]


def draw(
    logits: Float[Tensor, "R V"],
    uniforms: Float[Tensor, " R"],
    sampling: Sampling,
    forbidden: Int[Tensor, " S"] | None = None,
) -> Draw:
    """Draw one token a row from logits already divided by the temperature."""
    logprobs = logits.log_softmax(-1)
    open_logprobs = logprobs
    if forbidden is not None:
        open_logprobs = logprobs.index_fill(-1, forbidden, float("-inf"))
    if sampling.temperature == 0:
        tokens = open_logprobs.argmax(-1)
    else:
        tokens = _invert(_truncate(open_logprobs, sampling).exp(), uniforms)
    chosen = logprobs.gather(-1, tokens[:, None])[:, 0]
    return Draw(tokens, chosen, entropy_of(logprobs))


def num_until_stop(token_ids: Sequence[int], stop_ids: Collection[int]) -> int:
    """How many tokens there are up to the first that stops, itself included.

    >>> num_until_stop([5, 2, 7, 2], [2]), num_until_stop([5, 7], [2])
    (2, 2)
    """
    stops = (place for place, token in enumerate(token_ids) if token in stop_ids)
    return next(stops, len(token_ids) - 1) + 1


def uniforms(seed: int, example_id: str, index: int, length: int) -> NDArray[np.float64]:
    """The numbers that draw completion number `index` of an example."""
    digest = hashlib.sha256(example_id.encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "little"), index]).random(length)


def _invert(probs: Float[Tensor, "R V"], uniforms: Float[Tensor, " R"]) -> Int[Tensor, " R"]:
    """The first token at which the cumulative probability passes each number."""
    cumulative = probs.cumsum(-1)
    total = cumulative[:, -1]
    # Strictly below the total, so that rounding never falls behind the last possible token.
    mark = torch.minimum(uniforms.to(total) * total, total.nextafter(torch.zeros_like(total)))
    return torch.searchsorted(cumulative, mark[:, None], right=True)[:, 0]


def _truncate(logprobs: Float[Tensor, "R V"], sampling: Sampling) -> Float[Tensor, "R V"]:
    """Leave only the tokens that top-k and top-p allow; the likeliest is always allowed."""
    if 0 < sampling.top_k < logprobs.shape[-1]:
        least = logprobs.topk(sampling.top_k).values[:, -1:]
        logprobs = logprobs.masked_fill(logprobs < least, float("-inf"))
    if sampling.top_p < 1:
        ordered, order = logprobs.sort(descending=True)
        probs = ordered.softmax(-1)
        is_left_out = probs.cumsum(-1) - probs >= sampling.top_p
        logprobs = logprobs.masked_fill(is_left_out.gather(-1, order.argsort(-1)), float("-inf"))
    return logprobs


def _is_share(value: Any) -> bool:
    """Whether a number is above 0 and at most 1; a schedule is not looked into."""
    return not isinstance(value, (int, float)) or 0 < value <= 1


def _at_least(value: Any, least: int) -> bool:
    """Whether a number reaches `least`; a schedule is not looked into."""
    return not isinstance(value, (int, float)) or value >= least
