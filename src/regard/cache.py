"""Where things stay that are made or fetched once on a machine."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """A folder for one kind of things, which may not be there yet.

    Below `$REGARD_CACHE`, else `$XDG_CACHE_HOME/regard`, else `~/.cache/regard`. A relative
    `$XDG_CACHE_HOME` is passed over, as that standard has it.
    """
    if own := os.environ.get("REGARD_CACHE"):
        return Path(own) / kind
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (shared if shared.is_absolute() else Path.home() / ".cache") / "regard" / kind
