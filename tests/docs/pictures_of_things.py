"""Data files like those the pages show, with pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw


def write_data(path: Path, record: dict[str, Any], *, count: int) -> None:
    """Records as the page's, with pictures of one to five dots beside them."""
    (image,) = record["images"]
    (path.parent / image).parent.mkdir(exist_ok=True)
    lines = []
    for number in range(count):
        num_dots = number % 5 + 1
        name = str(Path(image).with_name(f"{number}.png"))
        _dots(num_dots).save(path.parent / name)
        gold = {"gold": record["gold"].replace("2", str(num_dots))} if "gold" in record else {}
        lines.append(record | gold | {"id": f"r{number}", "images": [name], "target": num_dots})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _dots(count: int) -> Image.Image:
    picture = Image.new("RGB", (56, 28))
    draw = ImageDraw.Draw(picture)
    for place in range(count):
        draw.ellipse((2 + 10 * place, 10, 9 + 10 * place, 17), fill="white")
    return picture
