"""Real scans and slides that packages on this machine carry, in place of drawn ones.

Nothing is downloaded and nothing of it is in this library: a picture is read where its package has
put it. Findings are simulated upon them as upon phantoms.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from regard.data.worlds.common import one_of
from regard.data.worlds.drawing import Split
from regard.data.worlds.phantoms import PARTS, SIDE, Part
from regard.data.worlds.sketch import Pen, Place
from regard.errors import DataError

_KINDS = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 512: "u2"}
_HEADER_BYTES = 348


def nifti(path: Path) -> NDArray[Any]:
    """A volume of a .nii.gz file, z by y by x: upwards, forwards, to the right."""
    data = gzip.decompress(path.read_bytes())
    order = "<" if data[:4] == struct.pack("<i", _HEADER_BYTES) else ">"
    _, wide, deep, high = struct.unpack(f"{order}4h", data[40:48])
    (kind,) = struct.unpack(f"{order}h", data[70:72])
    (start,) = struct.unpack(f"{order}f", data[108:112])
    if kind not in _KINDS:
        raise DataError(f"{path}: voxels of type {kind}; known are {', '.join(map(str, _KINDS))}")
    count = wide * deep * high
    voxels = np.frombuffer(data, np.dtype(order + _KINDS[kind]), count, int(start))
    return voxels.reshape(high, deep, wide)


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """Where a real scan or slide is, and what can be pointed at in it."""

    name: str
    package: str
    """The Python package that carries it, or "" for a file of the system."""
    file: str
    """Within the package, or from the root."""
    split: Split
    modality: str
    """Or the stain of a slide."""
    part: str
    """Of the body, or the tissue of a slide."""
    read: Callable[[Path], tuple[Image.Image, ...]]
    """Its pictures, each as wide and high as a phantom is drawn."""
    structures: Mapping[str, tuple[Place, ...]]

    def path(self) -> Path | None:
        """Where the file is on this machine, or None."""
        if not self.package:
            found = Path(self.file)
        else:
            spec = find_spec(self.package)
            if spec is None or not spec.submodule_search_locations:
                return None
            found = Path(spec.submodule_search_locations[0], self.file)
        return found if found.is_file() else None


def heads(path: Path, *, wide: float, high: float) -> tuple[Image.Image, ...]:
    """Axial slices at the height of the ventricles, the head filling so much of each picture."""
    volume = nifti(path)
    top = float(np.quantile(volume, 0.995))
    slices = []
    for share in np.linspace(0.44, 0.53, 8):
        # Seen as a radiograph is: the forehead above.
        level = volume[int(share * len(volume))][::-1].astype(np.float32)
        grey = np.clip(level * (190 / top), 0, 255).astype(np.uint8)
        rows, columns = (np.flatnonzero((grey > 30).any(axis=axis)) for axis in (1, 0))
        head = Image.fromarray(grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        size = round(2 * SIDE * wide), round(2 * SIDE * high)
        canvas = Image.new("L", (2 * SIDE, 2 * SIDE))
        at = (2 * SIDE - size[0]) // 2, (2 * SIDE - size[1]) // 2
        canvas.paste(head.resize(size, Image.Resampling.BICUBIC), at)
        slices.append(canvas)
    return tuple(slices)


def _whole(path: Path) -> tuple[Image.Image, ...]:
    """A photograph as it is."""
    with Image.open(path) as photograph:
        side = 2 * SIDE
        return (photograph.convert("RGB").resize((side, side), Image.Resampling.BOX),)


def _tiles(path: Path, *, side: int, step: int) -> tuple[Image.Image, ...]:
    """Square pieces of a slide, which overlap."""
    with Image.open(path) as photograph:
        slide = photograph.convert("RGB")
    starts = [range(0, length - side + 1, step) for length in slide.size]
    return tuple(slide.crop((x, y, x + side, y + side)) for y in starts[1] for x in starts[0])


_BRAIN = {"ventricle": ((0.5, 0.48),), "brain": ((0.30, 0.5), (0.70, 0.5))}

SOURCES: tuple[Source, ...] = (
    Source(
        name="ch2 (mricron-data)",
        package="",
        file="/usr/share/mricron/templates/ch2.nii.gz",
        split="train",
        modality="mri",
        part="head",
        read=lambda path: heads(path, wide=0.80, high=0.92),
        structures={**_BRAIN, "skull": ((0.5, 0.06), (0.13, 0.5), (0.87, 0.5))},
    ),
    Source(
        name="MNI152 (nilearn)",
        package="nilearn",
        file="datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz",
        split="test",
        modality="mri",
        part="head",
        read=lambda path: heads(path, wide=0.68, high=0.80),
        structures=_BRAIN,  # the skull has been taken off
    ),
    Source(
        name="retina (scikit-image)",
        package="skimage",
        file="data/retina.jpg",
        split="train",
        modality="fundus",
        part="eye",
        read=_whole,
        structures={
            "disc": ((0.165, 0.47),),
            "macula": ((0.5, 0.5),),
            "vessel": ((0.45, 0.24), (0.40, 0.80)),
        },
    ),
)
"""Every real scan that is known; each belongs to one split only."""

SLIDES: tuple[Source, ...] = (
    Source(
        name="ihc (scikit-image)",
        package="skimage",
        file="data/ihc.png",
        split="train",
        modality="ihc",
        part="gland",
        read=lambda path: _tiles(path, side=224, step=48),
        structures={},
    ),
)
"""Every real slide that is known."""


def real_parts(split: Split) -> Mapping[tuple[str, str], Part]:
    """By modality and part of the body: what this machine has real scans of, for a split."""
    found = {}
    for source in SOURCES:
        path = source.path()
        if source.split == split and path is not None:
            found[source.modality, source.part] = _real_part(source, path)
    return found


def real_slides(split: Split) -> Mapping[str, tuple[Source, Path]]:
    """By stain: what this machine has real slides of, for a split."""
    found = {}
    for source in SLIDES:
        path = source.path()
        if source.split == split and path is not None:
            found[source.modality] = source, path
    return found


def _real_part(source: Source, path: Path) -> Part:
    """A part of the body that is shown by a real scan."""

    def draw(pen: Pen, rng: np.random.Generator) -> None:
        pen.paste(one_of(pictures(source, path), rng))

    named = source.modality, source.part
    phantom = next(part for part in PARTS if (part.modality, part.name) == named)
    return replace(phantom, material=source.name, structures=source.structures, draw=draw)


@lru_cache(maxsize=len(SOURCES) + len(SLIDES))
def pictures(source: Source, path: Path) -> tuple[Image.Image, ...]:
    """All pictures of a source."""
    return source.read(path)
