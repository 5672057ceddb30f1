"""Examples made ahead of the asking, in processes of their own.

What a position holds does not depend on who makes it, so a run with workers is the same run.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from regard.data.mixing import Stream
from regard.types import Example

_CHUNK = 32
"""Examples made at a time."""
_NUM_AHEAD = 6
"""Chunks for each worker that are made before they are asked for."""


@contextmanager
def ahead(stream: Stream, num_workers: int) -> Iterator[Stream | Ahead]:
    """The stream, or one like it whose examples `num_workers` processes make; 0 for none."""
    if not num_workers:
        yield stream
        return
    # Spawned, not forked: a copy of a process that runs torch may wait for a lock for ever.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(num_workers, context, initializer=_begin, initargs=(stream,))
    try:
        yield Ahead(pool, num_workers * _NUM_AHEAD)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class Ahead:
    """A stream read mostly forwards; whatever is asked for, what follows it is begun."""

    pool: ProcessPoolExecutor
    num_chunks: int
    _chunks: dict[int, Future[list[Example]]] = field(default_factory=dict)

    def __getitem__(self, position: int) -> Example:
        if position < 0:
            raise IndexError(f"a stream has no end to count from: {position}")
        number, place = divmod(position, _CHUNK)
        wanted = range(number, number + self.num_chunks)
        # The chunk before is kept, for a step that began in it.
        for old in [n for n in self._chunks if n not in wanted and n != number - 1]:
            self._chunks.pop(old).cancel()
        for new in wanted:
            if new not in self._chunks:
                self._chunks[new] = self.pool.submit(_make, new)
        return self._chunks[number].result()[place]


_stream: Stream | None = None
"""What a worker makes examples of."""


def _begin(stream: Stream) -> None:
    global _stream
    _stream = stream


def _make(chunk: int) -> list[Example]:
    assert _stream is not None
    return [_stream[chunk * _CHUNK + place] for place in range(_CHUNK)]
