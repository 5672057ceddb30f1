"""Ctrl-C and SIGTERM, noted and obeyed between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class Request:
    """Whether somebody asked the run to stop."""

    is_made: bool = False


@contextmanager
def stop_requests() -> Iterator[Request]:
    """Note the first signal and let the step end; a second Ctrl-C stops at once."""
    request = Request()

    def note(number: int, frame: Any) -> None:
        if request.is_made:
            raise KeyboardInterrupt
        request.is_made = True

    if threading.current_thread() is not threading.main_thread():
        yield request  # signals reach the main thread only
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
