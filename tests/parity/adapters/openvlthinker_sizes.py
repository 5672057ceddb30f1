"""The size EasyR1 gives an image before the model's own resizing."""

from __future__ import annotations

from typing import Any

from regard.geometry.sizes import fit_area


def size(given: dict[str, Any]) -> dict[str, Any]:
    limits = {name: given[name] for name in ("min_pixels", "max_pixels")}
    width, height = fit_area(given["width"], given["height"], **limits)
    # Our images are RGB as soon as they are decoded.
    mode = {"mode": "RGB"} if "mode" in given else {}
    return {"width": width, "height": height, **mode}


ADAPTERS = {"image_resize": size}
