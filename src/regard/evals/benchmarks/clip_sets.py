"""Twenty-nine data sets together, as papers on CLIP report them: family means, wins, a power law.

The families are those of Perceptual-Initialization (arXiv:2505.14204): ImageNet, what is like it
but shifted, VTAB, fine-grained, and miscellaneous.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from regard.errors import DataError, nearest

FAMILIES: Mapping[str, Sequence[str]] = {
    "ImageNet": ("ImageNet-1K",),
    "ImageNet-OOD": ("ImageNet-V2", "ImageNet-A", "ImageNet-R", "ImageNet-Sketch"),
    "VTAB": (
        *("CIFAR-10", "CIFAR-100", "Caltech-101", "DTD", "EuroSAT", "Flowers-102", "Pets", "SVHN"),
        *("RESISC45", "PatchCamelyon", "CLEVR-Count", "CLEVR-Distance"),
    ),
    "fine-grained": ("Cars", "FGVC-Aircraft", "Food-101", "SUN397", "Birdsnap", "Country-211"),
    "miscellaneous": ("MNIST", "STL-10", "GTSRB", "KITTI-Distance", "Rendered-SST2", "VOC-2007"),
}
"""The data sets of each family."""


def family_means(scores: Mapping[str, float]) -> dict[str, float]:
    """The mean score of each family with a data set among `scores`, and of all as "all".

    >>> family_means({"MNIST": 0.5, "GTSRB": 0.25, "Cars": 0.75})
    {'fine-grained': 0.75, 'miscellaneous': 0.375, 'all': 0.5}
    """
    known = {name for names in FAMILIES.values() for name in names}
    for name in scores:
        if name not in known:
            raise DataError(f"data set '{name}' is in no family; {nearest(name, known)}")
    own = {
        family: [scores[name] for name in names if name in scores]
        for family, names in FAMILIES.items()
    }
    means = {family: sum(each) / len(each) for family, each in own.items() if each}
    return means | ({"all": sum(scores.values()) / len(scores)} if scores else {})


def num_wins(ours: Mapping[str, float], theirs: Mapping[str, float]) -> tuple[int, int]:
    """On how many data sets ours is better, and of how many; a tie is no win.

    >>> num_wins({"MNIST": 0.5, "Cars": 0.75}, {"MNIST": 0.5, "Cars": 0.5})
    (1, 2)
    """
    if ours.keys() != theirs.keys():
        raise DataError(f"data sets differ: {sorted(set(ours) ^ set(theirs))}")
    return sum(ours[name] > theirs[name] for name in ours), len(ours)


@dataclass(frozen=True)
class PowerLaw:
    """`score = factor * samples ** exponent`."""

    factor: float
    exponent: float


def power_law(samples: ArrayLike, scores: ArrayLike) -> PowerLaw:
    """The straight line through scores over samples seen, both on axes of logarithms.

    Least squares; numbers above 0, at two different numbers of samples at least.

    >>> law = power_law([100, 10_000], [0.1, 0.4])
    >>> round(law.exponent, 3), round(law.factor, 3)
    (0.301, 0.025)
    """
    x, y = np.asarray(samples, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if x.shape != y.shape or x.ndim != 1 or len(np.unique(x)) < 2:
        raise DataError("a power law needs a score at two different numbers of samples, at least")
    if (x <= 0).any() or (y <= 0).any():
        raise DataError("a power law needs numbers above 0")
    exponent, intercept = np.polyfit(np.log(x), np.log(y), 1)
    return PowerLaw(factor=float(np.exp(intercept)), exponent=float(exponent))
