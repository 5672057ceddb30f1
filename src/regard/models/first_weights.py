"""First weights from a seed of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def drawn_from(seed: int) -> Iterator[None]:
    """Within, torch's numbers come from this seed; what is drawn later is not moved by it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
