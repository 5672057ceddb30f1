"""Actions as tokens: numbers from -1 to 1, each one of the last ids of a vocabulary.

OpenVLA (arXiv:2406.09246) cuts [-1, 1] at `bins` edges and writes bin b as id `vocab_size - b`.
The numbers are physical ones, scaled by the statistics of a data set; T steps of D numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from regard.errors import ConfigError, DataError

Numbers: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class ActionTokens:
    """The way from numbers in [-1, 1] to token ids and back.

    >>> tokens = ActionTokens()
    >>> tokens.encode([-1, 0, 1])
    [31999, 31872, 31744]
    >>> tokens.decode([31999, 31872]).round(3).tolist()
    [-0.996, 0.0]
    """

    vocab_size: int = 32000
    """Ids below it; the last ones are actions. Llama 2 has 32000."""
    bins: int = 256
    """Edges from -1 to 1; the bins between them are one fewer."""

    def __post_init__(self) -> None:
        if not 2 <= self.bins <= self.vocab_size:
            raise ConfigError(f"{self.bins} bins among {self.vocab_size} ids; expected 2 or more")

    @property
    def edges(self) -> Numbers:
        return np.linspace(-1.0, 1.0, self.bins)

    def encode(self, action: ArrayLike) -> list[int]:
        """The ids of an action; what is beyond -1 and 1 counts as they do."""
        clipped = np.clip(np.asarray(action, dtype=np.float64), -1.0, 1.0)
        ids: list[int] = (self.vocab_size - np.digitize(clipped, self.edges)).tolist()
        return ids

    def decode(self, token_ids: ArrayLike) -> Numbers:
        """The middle of each id's bin. An id that is no action gives the nearest extreme."""
        edges = self.edges
        middles = (edges[:-1] + edges[1:]) / 2
        places = np.clip(self.vocab_size - np.asarray(token_ids) - 1, 0, self.bins - 2)
        decoded: Numbers = middles[places]
        return decoded

    def is_action(self, token_ids: ArrayLike) -> NDArray[np.bool_]:
        """Which ids are among the last `bins` of the vocabulary, or beyond it."""
        return np.asarray(token_ids) >= self.vocab_size - self.bins


# --------------------------------------------------------------------------------------- statistics

Scaling: TypeAlias = Literal["normal", "bounds", "bounds_q99"]
_ENDS = {"bounds": ("min", "max"), "bounds_q99": ("q01", "q99")}
_TINY = 1e-8


def action_statistics(actions: ArrayLike) -> dict[str, list[float]]:
    """Mean, spread (population), ends and outer percentiles of each number over all steps (T, D).

    >>> action_statistics([[0.0], [1.0]])["q99"]
    [0.99]
    """
    values = np.asarray(actions, dtype=np.float64)
    if values.ndim != 2 or not len(values):
        raise DataError(f"actions of shape {values.shape}; expected steps by numbers")
    return {
        "mean": values.mean(axis=0).tolist(),
        "std": values.std(axis=0).tolist(),
        "max": values.max(axis=0).tolist(),
        "min": values.min(axis=0).tolist(),
        "q01": np.quantile(values, 0.01, axis=0).tolist(),
        "q99": np.quantile(values, 0.99, axis=0).tolist(),
    }


def normalised(
    actions: ArrayLike, statistics: Mapping[str, Sequence[Any]], *, scaling: Scaling = "bounds_q99"
) -> Numbers:
    """Physical actions (…, D) scaled: to mean 0 and spread 1, or from their bounds to [-1, 1].

    Numbers that `statistics["mask"]` leaves out stay as they are. With bounds, a number that never
    changes in the data is 0.

    >>> normalised([4.0], {"min": [1.0], "max": [5.0]}, scaling="bounds").round(6).tolist()
    [0.5]
    """
    values = np.asarray(actions, dtype=np.float64)
    if scaling == "normal":
        mean, std = _of(statistics, "mean"), _of(statistics, "std")
        return np.where(_mask(statistics, mean), (values - mean) / (std + _TINY), values)
    low, high = (_of(statistics, name) for name in _ENDS[scaling])
    scaled = np.clip(2 * (values - low) / (high - low + _TINY) - 1, -1, 1)
    kept = np.where(_mask(statistics, low), scaled, values)
    is_constant = _of(statistics, "min") == _of(statistics, "max")
    return np.where(is_constant, 0.0, kept)


def unnormalised(
    actions: ArrayLike,
    statistics: Mapping[str, Sequence[Any]],
    *,
    scaling: Literal["bounds", "bounds_q99"] = "bounds_q99",
) -> Numbers:
    """Numbers in [-1, 1] as physical ones again; those the mask leaves out stay as they are.

    >>> unnormalised([0.5, 0.5], {"q01": [0, 0], "q99": [4, 4], "mask": [True, False]}).tolist()
    [3.0, 0.5]
    """
    values = np.asarray(actions, dtype=np.float64)
    low, high = (_of(statistics, name) for name in _ENDS[scaling])
    return np.where(_mask(statistics, low), 0.5 * (values + 1) * (high - low) + low, values)


def _of(statistics: Mapping[str, Sequence[Any]], name: str) -> Numbers:
    if name not in statistics:
        raise DataError(f"the statistics have {', '.join(statistics)}, but no '{name}'")
    return np.asarray(statistics[name], dtype=np.float64)


def _mask(statistics: Mapping[str, Sequence[Any]], like: Numbers) -> NDArray[np.bool_]:
    return np.asarray(statistics.get("mask", np.ones(like.shape)), dtype=bool)


# ------------------------------------------------------------------------------------------ metrics


def action_token_metrics(
    wanted: ArrayLike, said: ArrayLike, tokens: ActionTokens
) -> dict[str, float]:
    """How often the action tokens are right, and how far off they are once decoded.

    Only positions whose wanted id is an action count: neither the prompt (-100) nor the end token.
    NaN where there is none.

    >>> action_token_metrics([-100, 31872, 31744, 2], [7, 31872, 31746, 2], ActionTokens())
    {'action_accuracy': 0.5, 'l1': 0.0039215686274509665}
    """
    labels, answers = np.asarray(wanted), np.asarray(said)
    counted = tokens.is_action(labels)
    if not counted.any():
        return {"action_accuracy": float("nan"), "l1": float("nan")}
    off = np.abs(tokens.decode(answers[counted]) - tokens.decode(labels[counted]))
    right = answers[counted] == labels[counted]
    return {"action_accuracy": float(right.mean()), "l1": float(off.mean())}
