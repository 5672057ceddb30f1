"""Pictures and files for the tests of the data room."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.data.pictures import png


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for every test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("REGARD_CACHE", str(folder))
    return folder / "images"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one picture, cat.png, of 64x48 pixels."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cat.png").write_bytes(png(64, 48))
    return tmp_path / "data"


@pytest.fixture
def lines(folder: Path) -> Callable[..., Path]:
    """Writes records, or text as it is, a line each, to train.jsonl beside cat.png."""

    def write(*records: Any) -> Path:
        path = folder / "train.jsonl"
        texts = [item if isinstance(item, str) else json.dumps(item) for item in records]
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return path

    return write
