"""What the drone's camera sees: gates, cards, and where they stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from regard.data.worlds.common import one_of
from regard.data.worlds.drawing import Split, shade
from regard.data.worlds.gates.flight import Place
from regard.data.worlds.gates.layout import GATES, Layout
from regard.data.worlds.gates.scenes import SIZES, Scene
from regard.data.worlds.sketch import CIRCLE, Pixels, banded, picture
from regard.geometry.camera import Camera

WIDTH, HEIGHT = 224, 112
"""Of the picture, in pixels."""

VIEW = 1.85
"""Of the camera, from left to right, in radians."""
MOUNT = (0.1, 0.3)
"""How far ahead of the drone's middle and above it the camera is, in metres."""


def camera_at(place: Place, yaw: float) -> Camera:
    """The drone's camera, for a picture drawn at twice its size."""
    x, y, z = place
    forward, up = MOUNT
    mounted = x + forward * math.cos(yaw), y + forward * math.sin(yaw), z + up
    return Camera(
        place=mounted, yaw=yaw, width=2 * WIDTH, height=2 * HEIGHT, view=VIEW, horizon=0.66
    )


@dataclass(frozen=True)
class _Ground:
    """Where the gates stand: its walls or sky from above down, and its floor."""

    above: tuple[int, int, int]
    below: tuple[int, int, int]
    floor: tuple[int, int, int]
    line: tuple[int, int, int]
    has_wall: bool


GROUNDS: Mapping[Split, tuple[_Ground, ...]] = {
    "train": (
        _Ground((226, 214, 190), (200, 186, 160), (150, 120, 90), (120, 92, 66), True),
        _Ground((120, 170, 226), (206, 226, 240), (112, 138, 84), (96, 122, 72), False),
        _Ground((196, 200, 206), (170, 174, 182), (104, 108, 116), (132, 136, 144), True),
        _Ground((240, 170, 120), (250, 220, 180), (196, 168, 120), (172, 146, 102), False),
    ),
    "test": (
        _Ground((206, 196, 214), (184, 172, 194), (128, 114, 108), (150, 136, 130), True),
        _Ground((150, 186, 214), (222, 224, 222), (150, 152, 110), (132, 134, 94), False),
    ),
}
"""The splits share no ground."""


def photograph(
    scene: Scene, layout: Layout, camera: Camera, split: Split, rng: np.random.Generator
) -> Image.Image:
    """What the camera sees."""
    image = _emptiness(camera, split, rng)
    draw = ImageDraw.Draw(image)
    gates = [
        (x * layout.closeness, y * layout.closeness, yaw, colour, size, shape, face)
        for (x, y, yaw), colour, size, shape, face in zip(
            GATES, scene.colours, scene.sizes, scene.shapes, scene.faces, strict=True
        )
    ]
    for x, y, yaw, colour, size, shape, face in gates:
        width = SIZES[size]
        middle = np.array([x, y, width / 2 + 0.1])
        aside = np.array([-math.sin(yaw), math.cos(yaw), 0.0])
        corners = _OUTLINES[shape] * (width / 2)
        frame = middle + corners[:, :1] * aside + corners[:, 1:] * (0.0, 0.0, 1.0)
        thick = 0.17 * camera.focal / float(camera.ahead(middle))
        seen = camera.seen(frame)
        draw.line(
            [*seen.ravel().tolist(), *seen[:2].ravel().tolist()],
            shade(colour, split, rng), max(3, round(thick)), joint="curve",
        )  # fmt: skip
        _hang(image, camera, face, (x, y, layout.card_height), layout.card_side)
    for k, face in enumerate(scene.board):
        _hang(image, camera, face, (GATES[0][0], 1.0 - k, 4.0), 0.95)
    pixels = np.asarray(image.reduce(2), dtype=np.float32)
    tint = np.array([banded(0.9, 1.08, split, rng) for _ in range(3)], dtype=np.float32)
    pixels = pixels * tint
    if layout.noise:
        pixels += layout.noise * rng.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32)
    return picture(pixels)


_OUTLINES: Mapping[str, Pixels] = {
    "square": np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]),
    "round": CIRCLE,
    "triangle": np.array([(-1.0, -1.0), (1.0, -1.0), (0.0, 1.0)]),
}
"""Corners of a gate's frame in its plane, of half its width."""


def _hang(image: Image.Image, camera: Camera, face: Image.Image, place: Place, side: float) -> None:
    """A card in a scene; it always faces the camera."""
    x, y = camera.seen(place).tolist()
    pixels = round(side * camera.focal / float(camera.ahead(place)))
    hung = face.resize((pixels, pixels), Image.Resampling.BILINEAR)
    image.paste(hung, (round(x - pixels / 2), round(y - pixels / 2)))


def _emptiness(camera: Camera, split: Split, rng: np.random.Generator) -> Image.Image:
    """Floor, and walls or sky, at twice the picture's size."""
    ground = one_of(GROUNDS[split], rng)
    horizon = round(camera.horizon * camera.height)
    sky = np.linspace(ground.above, ground.below, horizon)
    floor = np.linspace(ground.floor, np.multiply(ground.floor, 0.85), camera.height - horizon)
    column = np.concatenate([sky, floor]).astype(np.uint8)[:, None]
    image = Image.fromarray(column).resize((camera.width, camera.height), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(image)
    step = banded(0.7, 1.5, split, rng)
    near, aside = camera.place[0], step * np.arange(-8, 9)
    ways = [[(near + 0.3, float(y), 0.0), (30.0, float(y), 0.0)] for y in aside]
    for ends in camera.seen(ways).reshape(-1, 4).tolist():
        draw.line(ends, ground.line, 2)
    if ground.has_wall:
        across = [(near + k * step, 0.0, 0.0) for k in range(1, 9)]
        for _, height in camera.seen(across).tolist():
            draw.line([0, height, camera.width, height], ground.line, 2)
        for x, _ in camera.seen([(9.0, 2 * float(y), 0.0) for y in aside[2:-2]]).tolist():
            draw.line([x, 0, x, horizon], ground.below, 2)
    return image
