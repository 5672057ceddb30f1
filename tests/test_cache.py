"""Where things are kept: the standard's folder, or one of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.cache import cache_folder


@pytest.mark.parametrize(
    ("own", "shared", "expected"),
    [
        ("/own", "/shared", "/own/images"),
        ("", "/shared", "/shared/regard/images"),
        ("", "", "/home/me/.cache/regard/images"),
        ("", "relative", "/home/me/.cache/regard/images"),  # the standard: ignore it
    ],
)
def test_the_folder(own, shared, expected, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("REGARD_CACHE", own)
    monkeypatch.setenv("XDG_CACHE_HOME", shared)
    assert cache_folder("images") == Path(expected)
