"""Calls in processes of their own, and what becomes of them."""

import pytest

from regard.rewards.workers import Worker, Workers


def test_an_interrupted_call_ends_its_worker(monkeypatch):
    called = []

    def interrupted(worker, timeout_s):
        called.append(worker)
        raise KeyboardInterrupt

    monkeypatch.setattr(Worker, "_wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Workers("json.tool").call({}, timeout_s=1.0)  # it waits for its input to end
    assert called[0]._process.poll() is not None
