"""What every test gets: one thread for torch, so that two workers do not fight for two cores."""

from __future__ import annotations

import os

import pytest

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):  # read when torch is first imported
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# The tests need no network; a mistyped checkpoint should fail at once, not after a time-out.
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vectors", metavar="DIR", help="replay the recorded vectors of this folder (tests/parity)"
    )
