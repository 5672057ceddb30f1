"""Patho-R1 (arXiv:2505.11404): replies of its extraction, and the length term of its framework."""

from __future__ import annotations

from typing import Any

from regard.curation.pages import crop_window, page_pixels, pages_to_read
from regard.curation.shards import Pair, shard_entries, shard_name
from regard.rewards.length import overlong_penalty
from regard.text.figures import read_figure_reply
from regard.types import Box

_KINDS = {"figures": "figures", "none": "no_figures", "unreadable": "error_logged"}


def _figure_reply(given: dict[str, Any]) -> dict[str, Any]:
    if given["reply"] is None:
        return {"kind": "nothing_written"}
    found = read_figure_reply(given["reply"])
    json = {"json": found.figures} if found.kind == "figures" else {}
    return {"kind": _KINDS[found.kind], **json}


def _overlong(given: dict[str, Any]) -> dict[str, float]:
    length, limits = given["response_length"], (given["max_length"], given["buffer"])
    free, floored = (
        overlong_penalty(length, max_length=limits[0], buffer=limits[1], floor=floor)
        for floor in (None, -1.0)
    )
    reward = given["score"] + given["penalty_factor"] * free
    return {"verl_reward": reward, "easyr1_penalty_unscaled": floored}


def _page_size(given: dict[str, Any]) -> dict[str, int]:
    width, height = page_pixels(given["page_width"], given["page_height"])
    return {"width": width, "height": height}


def _crops(given: dict[str, Any]) -> dict[str, Any]:
    page = given["highres_width"], given["highres_height"]
    windows = [crop_window(Box(*box), *page, as_published=True) for box in given["bboxes_lowres"]]
    return {"crops_h_w": [(bottom - top, right - left) for left, top, right, bottom in windows]}


def _shard(given: dict[str, Any]) -> dict[str, Any]:
    pairs = [Pair(row["image_path"], str(row["caption"]), row["size"]) for row in given["rows"]]
    entries = shard_entries(pairs, given["shard_idx"], first_row=given["first_row_index"])
    return {
        "tar": shard_name(given["shard_idx"]),
        "members": [name for entry in entries for name in entry.members],
        "json": [entry.record for entry in entries],
    }


ADAPTERS = {
    "figure_reply_parse": _figure_reply,
    "overlong_penalty": _overlong,
    "page_size": _page_size,
    "pages_to_ocr": lambda given: pages_to_read(
        given["pages"], given["pages_with_figures"], as_published=True
    ),
    "crop_highres": _crops,
    "webdataset_shard": _shard,
}
