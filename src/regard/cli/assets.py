"""`assets`: larger models put together from what packages carry."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from regard.assembly.catalogue import ASSETS, Asset, find
from regard.assembly.catalogue import build as build_asset


def show(console: Console) -> None:
    """Print what can be built, from what, and what has been."""
    table = Table("asset", "what it is", "made of", "where it is", box=None, padding=(0, 2))
    for asset in ASSETS:
        table.add_row(asset.name, asset.sentence, _sources(asset), _where(asset))
    console.print(table)


def build(name: str, console: Console) -> None:
    """Fetch and convert one, unless it is there."""
    asset = find(name)
    if asset.is_built:
        console.print(f"{name} is there already: {asset.folder}", soft_wrap=True)
        return
    start = time.perf_counter()

    def say(sentence: str) -> None:
        console.print(f"{time.perf_counter() - start:5.0f} s  {sentence}", soft_wrap=True)

    folder = build_asset(asset, say)
    say(f"{name} is there: {folder} ({_megabytes(folder):.0f} MB)")


def _sources(asset: Asset) -> str:
    return "\n".join(
        f"{wheel.name} {wheel.version} ({wheel.megabytes} MB; {wheel.licence})"
        for wheel in asset.wheels
    )


def _where(asset: Asset) -> str:
    if asset.is_built:
        return f"{asset.folder} ({_megabytes(asset.folder):.0f} MB)"
    return f"not built: regard assets build {asset.name}"


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
