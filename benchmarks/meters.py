"""Clocks that can be stopped, and the greatest memory between two moments (Linux)."""

from __future__ import annotations

import ctypes
import gc
import re
import time
from pathlib import Path


class Clock:
    """CPU and wall seconds while it runs."""

    def __init__(self) -> None:
        self.cpu_s = self.wall_s = 0.0
        self.resume()

    def pause(self) -> None:
        self.cpu_s += time.process_time() - self._cpu
        self.wall_s += time.perf_counter() - self._wall

    def resume(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()


class Memory:
    """How far the process grew above where it stood when this was made."""

    def __init__(self) -> None:
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
        self._before = _status("VmRSS")

    def peak_mb(self) -> float:
        return (_status("VmHWM") - self._before) / 1024


def _status(name: str) -> int:
    """A line of /proc/self/status, in kilobytes."""
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])
