"""Calls that may hang, each in a process of its own that can be ended.

A verifier of mathematics may run for hours on a power tower, and signals, which would interrupt
it, work in one thread of one process only. So slow calls go to workers: processes that read one
request on a line, and answer on a line. One that does not answer in time is killed, and the next
call gets a new one. Workers serve any thread; a forked process starts its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from typing import Any

_STARTING_S = 120.0
"""Seconds a worker may take to import what it needs, on a machine that is busy."""


class CallFailed(Exception):
    """The call took too long, or its process ended."""


class Worker:
    """One process that runs `python -m MODULE` and answers requests, one at a time."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._is_ready = False

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(b"")

    def call(self, request: dict[str, Any], *, timeout_s: float) -> Any:
        """The answer to one request; CallFailed when there is none in time."""
        assert self._process.stdin is not None
        try:
            if not self._is_ready:
                self._wait(_STARTING_S)
                self._is_ready = True
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            return json.loads(self._wait(timeout_s))
        except (OSError, ValueError, queue.Empty) as error:
            self.close()
            raise CallFailed(f"no answer within {timeout_s:g} s") from error

    def _wait(self, timeout_s: float) -> bytes:
        line = self._answers.get(timeout=timeout_s)
        if not line:
            raise OSError("the worker ended")
        return line

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class Workers:
    """Idle workers of one module. A call takes one, or starts one, and gives it back."""

    def __init__(self, module: str) -> None:
        self.module = module
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._owner = os.getpid()
        atexit.register(self.close)

    def call(self, request: dict[str, Any], *, timeout_s: float) -> Any:
        """The answer of a worker; CallFailed when there is none in time."""
        worker = self._take()
        try:
            answer = worker.call(request, timeout_s=timeout_s)  # a failed one is not given back
        except BaseException:  # an interrupted one would go on working, and answer the next call
            worker.close()
            raise
        with self._lock:
            self._idle.append(worker)
        return answer

    def _take(self) -> Worker:
        with self._lock:
            if self._owner != os.getpid():  # after a fork, the pipes are another's
                self._idle, self._owner = [], os.getpid()
            if self._idle:
                return self._idle.pop()
        return Worker(self.module)

    def close(self) -> None:
        """End the idle workers."""
        with self._lock:
            idle, self._idle = self._idle, []
        if self._owner == os.getpid():
            for worker in idle:
                worker.close()
