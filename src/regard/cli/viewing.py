"""`view`: the report of a run, or the contact sheet of a world."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from regard import registry
from regard.config import with_settings
from regard.errors import ConfigError, nearest
from regard.viewer import open_report, write_contact_sheet, write_report


def view(
    name: str,
    split: str,
    settings: list[str],
    out: Path | None,
    num_each: int,
    in_browser: bool,
    console: Console,
) -> None:
    """Write the page and open it; a folder comes before a world of the same name."""
    if Path(name).exists():
        if settings or split or out:
            raise ConfigError(f"'{name}' is a run's folder: --split, --set and --out are of worlds")
        path = write_report(Path(name))
        console.print(f"report: {path}", soft_wrap=True)
    else:
        path = _contact_sheet(name, split or "train", settings, out, num_each)
        console.print(f"contact sheet: {path}", soft_wrap=True)
    if in_browser:
        open_report(path)


def _contact_sheet(
    name: str, split: str, settings: list[str], out: Path | None, num_each: int
) -> Path:
    known = registry.world.names()
    if name not in known:
        raise ConfigError(f"'{name}' is neither a run's folder nor a world; {nearest(name, known)}")
    world = with_settings(registry.world[name](split=split), settings)
    path = out or Path(f"{name}-{split}.html")
    return write_contact_sheet(world.load(), world.describe(), path, num_each=num_each)
