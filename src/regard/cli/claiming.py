"""`claim`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from regard.claims.carry_out import carry_out
from regard.claims.catalogue import find
from regard.claims.page import write


def claim(
    system: str,
    num_seeds: int,
    num_jobs: int,
    record: Path | None,
    out: Path | None,
    console: Console,
) -> None:
    """Carry out a claim, and write its record, page and figure."""
    found = find(system)
    place = record or Path("docs") / "claims" / f"{system}.json"
    folder = out or Path("runs") / "claims" / system
    result = carry_out(found, folder, num_seeds=num_seeds, num_jobs=num_jobs, console=console)
    if result is None:
        return
    write(result, place)
    for criterion in result["criteria"]:
        console.print(f"{criterion['verdict']}: {criterion['sentence']} ({criterion['mean']:+.3f})")
    console.print(f"{system}: {result['verdict']}; see {place.with_suffix('.md')}", soft_wrap=True)
