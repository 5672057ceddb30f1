"""Packed tokens as padded rectangles, and back: what attention needs and no other layer should see.

Letters: N packed tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor


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
