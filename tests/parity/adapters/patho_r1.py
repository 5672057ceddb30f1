"""Patho-R1 (arXiv:2505.11404): replies of its extraction, and the length term of its framework."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.parity.tokens import EqualGroups, advantages_by_group, verl_policy_loss

from regard.algorithms.published import patho_r1_dapo
from regard.algorithms.surrogates import Clip
from regard.curation.pages import crop_window, page_pixels, pages_to_read
from regard.curation.shards import Pair, shard_entries, shard_name
from regard.rewards.length import overlong_penalty
from regard.rollout.filters import has_signal
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


def _verl_policy_loss(given: dict[str, Any]) -> dict[str, float]:
    clip = Clip(low=given["clip_low"], high=given["clip_high"], dual=given["clip_ratio_c"])
    return verl_policy_loss(given, patho_r1_dapo(), clip)


def _verl_grpo_advantage(given: dict[str, Any]) -> list[float]:
    advantage = replace(patho_r1_dapo().advantage, divide_by_std=given["norm_by_std"])
    return advantages_by_group(given["scores"], given["index"], advantage)


def _dynamic_sampling_keep(given: dict[str, Any]) -> dict[str, Any]:
    pairs = list(zip(given["uids"], given["metric"], strict=True))
    names = list(dict.fromkeys(given["uids"]))
    kept = [
        name for name in names if has_signal([value for other, value in pairs if other == name])
    ]
    indices = [i for i, (name, _) in enumerate(pairs) if name in kept]
    return {"kept_uids": sorted(kept), "kept_indices": indices}


ADAPTERS = {
    "verl_policy_loss": _verl_policy_loss,
    "verl_grpo_advantage": _verl_grpo_advantage,
    "dynamic_sampling_keep": _dynamic_sampling_keep,
    "figure_reply_parse": _figure_reply,
    "overlong_penalty": _overlong,
    "page_size": _page_size,
    "pages_to_ocr": lambda given: pages_to_read(
        given["pages"], given["pages_with_figures"], as_published=True
    ),
    "crop_highres": _crops,
    "webdataset_shard": _shard,
}

_EQUAL = EqualGroups(lambda given: (given["scores"], given["index"]))
PREDICATES = {"all_earn_the_same": _EQUAL.exist}
EXPECTED = {"no_signal": _EQUAL.have_none}

_SAME_METRIC = EqualGroups(lambda given: (given["metric"], given["uids"]))


def _without_equal(given: dict[str, Any], published: dict[str, Any]) -> dict[str, Any]:
    equal = dict(zip(given["uids"], _SAME_METRIC.are_equal(given), strict=True))
    return {
        "kept_uids": [name for name in published["kept_uids"] if not equal[name]],
        "kept_indices": [i for i in published["kept_indices"] if not equal[given["uids"][i]]],
    }


PREDICATES["all_have_the_same_metric"] = _SAME_METRIC.exist
EXPECTED["left_out"] = _without_equal
