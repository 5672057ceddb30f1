"""The tiles of InternVL, and the whole image beside them when there are several."""

from __future__ import annotations

from typing import Any

from regard.geometry.sizes import tile_grid


def tiling(given: dict[str, Any]) -> dict[str, int]:
    columns, rows = tile_grid(
        given["width"], given["height"], max_tiles=given["max_tiles"], tile=given["tile"]
    )
    count = columns * rows
    has_thumbnail = given["thumbnail"] and count > 1
    return {"grid_cols": columns, "grid_rows": rows, "n_tiles": count + has_thumbnail}


ADAPTERS = {"tiling": tiling}
