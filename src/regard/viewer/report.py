"""One page out of a run folder: `report.html`, with its styles, program, data and images inside.

The page asks nothing of the network: a content security policy forbids it, and names by digest the
one script and the one style sheet that may run. What a model wrote is data from end to end: JSON
in the file, text nodes in the page, never markup.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

from regard.viewer.curves import evaluation_points, headline, series, stages
from regard.viewer.files import digest, package_file, write_whole
from regard.viewer.gallery import described, gallery
from regard.viewer.pictures import Album
from regard.viewer.reading import Json, RunFolder, mapping, number, read_run

MAX_IMAGE_BYTES = 24_000_000
"""Of all images of a page together, before base64 adds a third."""


def write_report(run_folder: Path, *, max_groups_per_step: int = 8, max_steps: int = 40) -> Path:
    """Write `report.html` into the run folder and return its path.

    A run that is still going, or lacks files, gets the page of what is there. Of longer runs,
    `max_steps` steps are shown, spread evenly, with `max_groups_per_step` groups of each.
    """
    run = read_run(Path(run_folder))
    album = Album(run.path, max_bytes=MAX_IMAGE_BYTES)
    shown = gallery(run, album, max_steps=max_steps, max_groups_per_step=max_groups_per_step)
    if album.num_unreadable:
        run.notes.append(f"{album.num_unreadable} images are missing or unreadable.")
    if album.num_left_out:
        run.notes.append(f"{album.num_left_out} images were left out to keep the page small.")
    data = {
        "facts": _facts(run),
        "stages": stages(run.metrics),
        "headline": headline(run.evaluations),
        "metrics": series(run.metrics),
        "evaluations": evaluation_points(run.metrics, run.evaluations),
        "rollouts": shown,
        "pictures": album.pictures,
        "notes": run.notes,
    }
    path = run.path / "report.html"
    text = page(data, title=f"{_name(run)} · Regard")
    write_whole(path, text.encode("utf-8", "replace"))  # a lone surrogate is no reason to fail
    return path


def open_report(path: Path) -> bool:
    """Open the page in the user's browser; False where there is none to open it in."""
    has_display = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    # Without a display, `webbrowser` may start a text browser in the middle of the terminal.
    return has_display and webbrowser.open(Path(path).resolve().as_uri())


def page(data: Json, *, title: str) -> str:
    """The whole page as text."""
    style, script = package_file("report.css"), package_file("report.js")
    values = {
        "title": html.escape(title),
        "style": style,
        "style_digest": digest(style),
        "script": script,
        "script_digest": digest(script),
        "data": safe_json(data),
    }
    # All places at once: a value that happens to hold another's place stays as it is.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: values[place[1]], package_file("report.html"))


def safe_json(data: object) -> str:
    """JSON that can stand inside a script element: no text in it can end the element.

    >>> safe_json("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _name(run: RunFolder) -> str:
    return str(mapping(run.run.get("run")).get("name") or run.path.resolve().name)


def _facts(run: RunFolder) -> Json:
    resolved = mapping(run.run.get("run"))
    return {
        "name": _name(run),
        "recipe": str(run.run.get("recipe") or ""),
        "regard": str(run.run.get("regard") or ""),
        "policy": _policy(resolved.get("policy")),
        "seed": described(resolved["seed"]) if resolved.get("seed") is not None else "",
        "duration_s": _duration_s(run.metrics),
        "started": number(run.metrics[0].get("time")) if run.metrics else None,
        "written": datetime.now(UTC).timestamp(),
        "resolved": json.dumps(run.run, indent=2, ensure_ascii=False) if run.run else "",
        "versions": {name: described(value) for name, value in run.versions.items()},
    }


def _policy(value: object) -> str:
    """The policy's name: the checkpoint it starts from, or of one built from nothing its class."""
    weights = mapping(value).get("weights") or ""
    if isinstance(weights, dict):
        weights = str(weights.get("type") or "").rpartition(":")[2]
    text = str(weights)
    return text if len(text) <= 80 else text[:79] + "…"


def _duration_s(rows: list[Json]) -> float | None:
    """Seconds from the start of the first step to the end of the last, pauses included."""
    times = [known for row in rows if (known := number(row.get("time"))) is not None]
    if not times:
        return None
    return times[-1] - times[0] + (number(rows[0].get("time/step")) or 0.0)
