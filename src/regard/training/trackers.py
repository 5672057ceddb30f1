"""Other places metrics can go besides the run folder: TensorBoard, Weights & Biases, trackio."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from regard.errors import MissingExtra


class Tracker(Protocol):
    """Takes the numbers of each step."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None: ...

    def close(self) -> None: ...


class _TensorBoard:
    def __init__(self, folder: Path) -> None:
        writer = _need("torch.utils.tensorboard", "tensorboard").SummaryWriter
        self._writer = writer(str(folder / "tensorboard"))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class _RunService:
    """Weights & Biases, and trackio, which speaks the same way."""

    def __init__(self, package: str, folder: Path) -> None:
        self._service = _need(package, package)
        self._service.init(project="regard", name=folder.name)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self._service.log(dict(metrics), step=step)

    def close(self) -> None:
        self._service.finish()


TRACKERS = ("tensorboard", "wandb", "trackio")
"""Where metrics can go besides the run folder."""


def open_tracker(name: str, folder: Path) -> Tracker:
    """The tracker of this name, one of `TRACKERS`, writing for this run."""
    return _TensorBoard(folder) if name == "tensorboard" else _RunService(name, folder)


def _need(module: str, package: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtra(package, package, f"tracking with {package}") from error
