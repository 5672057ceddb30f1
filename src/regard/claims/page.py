"""The page of a claim and its figure, made of the record alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import Any
from xml.sax.saxutils import escape

from regard.claims.carry_out import budgets
from regard.claims.statistics import at

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")  # Okabe and Ito's
_WIDTH, _HEIGHT, _MARGIN = 640, 320, 44
_NUM_POINTS = 21


def write(record: dict[str, Any], path: Path) -> None:
    """Write a record with its page and figure beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    path.with_suffix(".svg").write_text(figure(record))
    path.with_suffix(".md").write_text(page(record, path.stem))


def page(record: dict[str, Any], name: str) -> str:
    """The page in Markdown; `name` is what its figure and its record are called."""
    claim = record["claim"]
    num_seeds = len(next(iter(record["curves"].values())))
    lines = [
        f"# {claim['system']}: {record['verdict']}",
        "",
        f"*{claim['sentence']}* ({claim['source']})",
        "",
        f"{num_seeds} seeds; in each, all arms are compared at equal {claim['budget']}: as many as "
        f"the most frugal arm spent. Made by `regard claim {claim['system']}` from "
        f"[{name}.json]({name}.json), with Regard {record['regard']}.",
        "",
        f"![held-out {claim['shown']} of every arm]({name}.svg)",
        "",
        f"| arm | recipe | {claim['shown']} before | at equal budget | spread "
        f"| {claim['budget']} in all |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for arm, row in record["arms"].items():
        lines.append(
            f"| {arm} | `{claim['arms'][arm]}` | {row['before']:.3f} | {row['after']:.3f} "
            f"| {row['spread']:.3f} | {row['spent']:,.0f} |"
        )
    lines += [
        "",
        "The criteria were written before the run. A difference is taken seed by seed; its "
        "interval is Student's, 90%.",
        "",
        "| criterion | mean difference | interval | asked | verdict |",
        "|---|---:|---:|---:|---|",
    ]
    for asked, found in zip(claim["criteria"], record["criteria"], strict=True):
        span = (
            "none" if found["interval"] is None else "{:+.3f} to {:+.3f}".format(*found["interval"])
        )
        lines.append(
            f"| {found['sentence']} | {found['mean']:+.3f} | {span} | more than "
            f"{asked['least']:+.3f} | *{found['verdict']}* |"
        )
    return "\n".join(lines) + "\n"


def figure(record: dict[str, Any]) -> str:
    """What is shown of a claim, by the share of the equal budget: seeds thin, their means thick."""
    claim, curves = record["claim"], record["curves"]
    shown = claim["shown"]
    shares = [i / (_NUM_POINTS - 1) for i in range(_NUM_POINTS)]
    all_budgets = budgets(curves)
    rows = {
        arm: [
            [at([(p["spent"], p[shown]) for p in seed], share * budget) for share in shares]
            for seed, budget in zip(seeds, all_budgets, strict=True)
        ]
        for arm, seeds in curves.items()
    }
    top = _top(max(value for seeds in rows.values() for row in seeds for value in row))
    body = [
        f'<text x="{_MARGIN}" y="20">held-out {escape(shown)} by {escape(claim["budget"])}, '
        "as a share of the equal budget</text>",
        *_grid(top),
    ]
    for number, (arm, seeds) in enumerate(rows.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        body += [_path(shares, row, top, colour, 0.6) for row in seeds]
        mean = [fmean(column) for column in zip(*seeds, strict=True)]
        body.append(_path(shares, mean, top, colour, 2.5))
        y = _HEIGHT - _MARGIN - 12 - 16 * number
        body.append(
            f'<text x="{_WIDTH - _MARGIN - 8}" y="{y}" text-anchor="end" fill="{colour}">'
            f"{escape(arm)}</text>"
        )
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        'font-family="sans-serif" font-size="12">'
    )
    background = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    return "\n".join([head, background, *body, "</svg>"]) + "\n"


def _top(greatest: float) -> float:
    """Where the figure ends: 1, as for shares, or the next four tens.

    >>> _top(0.7), _top(52.3)
    (1.0, 80.0)
    """
    return 1.0 if greatest <= 1 else 40.0 * ceil(greatest / 40)


def _grid(top: float) -> list[str]:
    lines = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        (x, bottom), (left, y) = _place(tick, 0.0), _place(0.0, tick)
        lines.append(f'<path d="M{left} {y}H{_WIDTH - _MARGIN}" stroke="#ddd"/>')
        lines.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end">{tick * top:g}</text>')
        lines.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{tick:.0%}</text>')
    return lines


def _path(
    shares: Sequence[float], values: Sequence[float], top: float, colour: str, width: float
) -> str:
    places = (_place(share, value / top) for share, value in zip(shares, values, strict=True))
    points = " ".join(f"{x},{y}" for x, y in places)
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _place(share: float, value: float) -> tuple[float, float]:
    """Where a point lies in the figure, both in shares of it; y runs downwards."""
    inner_width, inner_height = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    return round(_MARGIN + share * inner_width, 1), round(
        _HEIGHT - _MARGIN - value * inner_height, 1
    )
