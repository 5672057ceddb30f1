"""Records of published data sets, as records of ours: what a reader's `layout` names.

A layout renames and finds the target; what it makes is read and checked as any record is, and
fields it does not know go to `meta`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regard.data.layouts.boxes import odvg, vision_r1_guided
from regard.data.layouts.conversations import sharegpt, vlm_r1
from regard.data.layouts.problems import geometry3k, gui_r1, med_r1, vlm_r1_test
from regard.data.layouts.questions import virl39k, vlaa_thinking, wethink

LAYOUTS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "geometry3k": geometry3k,
    "gui_r1": gui_r1,
    "med_r1": med_r1,
    "odvg": odvg,
    "sharegpt": sharegpt,
    "virl39k": virl39k,
    "vision_r1_guided": vision_r1_guided,
    "vlaa_thinking": vlaa_thinking,
    "vlm_r1": vlm_r1,
    "vlm_r1_test": vlm_r1_test,
    "wethink": wethink,
}
"""What a layout is called, and what makes a record of ours of a row in it."""
