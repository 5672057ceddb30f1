"""Scores of encoders by their embeddings: zero-shot classes, retrieval, few shots, perception.

N images, M texts, C classes, D numbers to an embedding. The arithmetic of CLIP_benchmark (LAION)
and of Patho-CLIP (arXiv:2505.11404), on recorded embeddings or similarities.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from regard.errors import DataError

Array: TypeAlias = NDArray[np.floating[Any]]


def unit_length(embeddings: ArrayLike) -> Array:
    """Each embedding divided by its length; one without length stays as it is.

    >>> unit_length([[3, 4], [0, 0]]).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    values = np.asarray(embeddings, dtype=np.float64)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    result: Array = values / np.maximum(lengths, 1e-12)
    return result


# -------------------------------------------------------------------------------- zero-shot classes


def filled_templates(names: Sequence[str], templates: Sequence[str], slot: str) -> list[list[str]]:
    """Every template with every name in each of its slots: a list for each name.

    >>> filled_templates(["tumour", "cancer"], ["a photo of X", "X tissue"], "X")
    [['a photo of tumour', 'tumour tissue'], ['a photo of cancer', 'cancer tissue']]
    """
    return [[template.replace(slot, name) for template in templates] for name in names]


def class_weights(prompts: Sequence[ArrayLike]) -> Array:
    """One embedding for each class (C, D): the mean of its prompts' unit embeddings, made unit.

    >>> class_weights([[[2, 0], [0, 5]]]).round(3).tolist()
    [[0.707, 0.707]]
    """
    return unit_length([unit_length(each).mean(axis=0) for each in prompts])


def zero_shot_logits(images: ArrayLike, weights: ArrayLike, *, scale: float = 100.0) -> Array:
    """Similarity (N, C) of images (N, D), of any length, to class embeddings (C, D), times `scale`.

    100 is where CLIP caps its scale; it moves no decision.
    """
    logits: Array = scale * unit_length(images) @ np.asarray(weights, dtype=np.float64).T
    return logits


def top_k_accuracy(logits: ArrayLike, targets: ArrayLike, k: int = 1) -> float:
    """Share of rows whose target is among the `k` greatest; NaN with fewer than k classes.

    Of equal logits the first counts as the greater.

    >>> top_k_accuracy([[0.1, 0.9, 0.5], [0.8, 0.1, 0.2]], [2, 0], k=2)
    1.0
    """
    values, wanted = np.asarray(logits), np.asarray(targets)
    if values.shape[1] < k or not len(values):
        return math.nan
    best = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return float((best == wanted[:, None]).any(axis=1).mean())


def mean_recall(logits: ArrayLike, targets: ArrayLike) -> float:
    """The mean over the classes that occur of the share of their rows decided right.

    >>> mean_recall([[1, 0], [1, 0], [1, 0], [1, 0]], [0, 0, 0, 1])
    0.5
    """
    said, wanted = np.argmax(np.asarray(logits), axis=1), np.asarray(targets)
    shares = [float((said[wanted == each] == each).mean()) for each in np.unique(wanted)]
    return float(np.mean(shares)) if shares else math.nan


def average_precisions(scores: ArrayLike, targets: ArrayLike) -> Array:
    """Average precision of each class (C,) over rows (N, C) that may be of several classes.

    The mean, over the rows of the class, of the precision down to each when sorted by score. A
    class without rows has 0, and counts in the mean over classes: as CLIP_benchmark has it.

    >>> average_precisions([[0.9], [0.5], [0.1]], [[1], [0], [1]]).round(4).tolist()
    [0.8333]
    """
    values, truths = np.asarray(scores, dtype=np.float64), np.asarray(targets, dtype=bool)
    order = np.argsort(-values, axis=0, kind="stable")
    sorted_truths = np.take_along_axis(truths, order, axis=0)
    ranks = np.arange(1, len(values) + 1)[:, None]
    precisions = np.cumsum(sorted_truths, axis=0) / ranks
    totals = sorted_truths.sum(axis=0)
    means: Array = (precisions * sorted_truths).sum(axis=0) / np.maximum(totals, 1)
    return means


# ---------------------------------------------------------------------------------------- retrieval


def retrieval_recall(scores: ArrayLike, pairs: ArrayLike, k: int, *, clamp: bool = True) -> float:
    """Share of queries (rows) with one of their partners among the `k` best candidates.

    `pairs` (queries, candidates) says who belongs together; a query may have several partners,
    and one without any is never right. A `k` beyond the candidates is all of them, or an error
    when not to `clamp`. Of equal scores the first counts as the greater.

    >>> retrieval_recall([[0.9, 0.1], [0.8, 0.3]], [[1, 0], [0, 1]], k=1)
    0.5
    """
    values, partners = np.asarray(scores), np.asarray(pairs, dtype=bool)
    if k > values.shape[1] and not clamp:
        raise DataError(f"recall among {k} of {values.shape[1]} candidates; k is too great")
    best = np.argsort(-values, axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(partners, best, axis=1).any(axis=1).mean())


def retrieval_recalls(
    scores: ArrayLike, image_of_text: Sequence[int], ks: Sequence[int]
) -> dict[str, float]:
    """Recall both ways from similarities (M texts, N images) and the image each text describes.

    `image_retrieval_recall@k`: texts that find their image; `text_retrieval_recall@k`: images that
    find any of their texts.
    """
    values = np.asarray(scores)
    pairs = np.zeros(values.shape, dtype=bool)
    pairs[np.arange(len(values)), list(image_of_text)] = True
    recalls = {}
    for k in ks:
        recalls[f"image_retrieval_recall@{k}"] = retrieval_recall(values, pairs, k)
        recalls[f"text_retrieval_recall@{k}"] = retrieval_recall(values.T, pairs.T, k)
    return recalls


@dataclass(frozen=True, kw_only=True)
class CaptionedImage:
    """One pair of a retrieval benchmark."""

    name: str
    caption: str
    image: Path


_IMAGES = (".jpg", ".jpeg", ".png", ".bmp", ".tiff", ".webp")


def read_captions(
    captions: Path, images: Path, *, max_samples: int | None = None
) -> list[CaptionedImage]:
    """The pairs of a Patho-CLIP retrieval file, `{"0": {"uuid": …, "caption": …}, …}`.

    By number, the first `max_samples` at most; an image is called after its uuid. Pairs whose image
    is missing or cannot be decoded are left out; when that is all of them, it is an error.
    """
    try:
        rows = json.loads(captions.read_text(encoding="utf-8"))
        ordered = sorted(rows.items(), key=lambda item: int(item[0]))[:max_samples]
        named = [(row["uuid"], row["caption"]) for _, row in ordered]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f'{captions}: {error!r}; expected {{"0": {{"uuid": …, "caption": …}}, …}}'
        ) from error
    files = {path.stem: path for path in images.iterdir() if path.suffix.lower() in _IMAGES}
    pairs = [
        CaptionedImage(name=name, caption=caption, image=files[name])
        for name, caption in named
        if name in files and _can_be_decoded(files[name])
    ]
    if not pairs:
        raise DataError(f"none of the {len(named)} images of {captions} is in {images}")
    return pairs


def _can_be_decoded(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True


@dataclass(frozen=True, kw_only=True)
class ClassPrompts:
    """The names of each class of a zero-shot benchmark, and the sentences they stand in."""

    names: Mapping[str, tuple[str, ...]]
    """Synonyms by the folder of the class; the folders' order is that of the classes."""
    templates: tuple[str, ...]

    def sentences(self, slot: str = "CLASSNAME") -> dict[str, list[str]]:
        """Every template with every synonym, by class."""
        return {
            folder: [
                text for each in filled_templates(names, self.templates, slot) for text in each
            ]
            for folder, names in self.names.items()
        }


def read_class_prompts(path: Path) -> ClassPrompts:
    """The prompts of a Patho-CLIP zero-shot file: `classnames` by folder, and `templates`."""
    try:
        (row,) = json.loads(path.read_text(encoding="utf-8")).values()
        names = {folder: tuple(each) for folder, each in row["classnames"].items()}
        return ClassPrompts(names=names, templates=tuple(row["templates"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f'{path}: {error!r}; expected {{"0": {{"classnames": {{"folder": ["name", …]}}, '
            '"templates": ["a photo of CLASSNAME.", …]}}'
        ) from error


# ---------------------------------------------------------------------------------------- few shots


def few_shot_rows(
    targets: ArrayLike, *, num_classes: int, num_shots: int, subset: int, seed: int = 42
) -> list[int]:
    """The rows that train the probe: `num_shots` of each class, drawn without return.

    NumPy's legacy generator seeded with `seed + subset`, the classes in order, as Patho-CLIP draws
    them; a class with fewer rows gives all it has.

    >>> few_shot_rows([0, 0, 0, 1, 1, 1], num_classes=2, num_shots=2, subset=1)
    [1, 2, 3, 5]
    """
    draw = np.random.RandomState(seed + subset)
    wanted = np.asarray(targets)
    chosen: list[int] = []
    for each in range(num_classes):
        rows = np.flatnonzero(wanted == each)
        draw.shuffle(rows)
        chosen += rows[:num_shots].tolist()
    return chosen


def few_shot_summary(accuracies: Sequence[float], *, drop_zeros: bool = False) -> dict[str, float]:
    """Mean, spread (population), least and greatest accuracy over the subsets.

    `drop_zeros` leaves out the subsets with accuracy 0, as Patho-CLIP does; it hides failures.

    >>> few_shot_summary([80.0, 0.0, 90.0], drop_zeros=True)["mean_acc"]
    85.0
    """
    kept = [each for each in accuracies if each > 0 or not drop_zeros] or [0.0]
    return {
        "mean_acc": float(np.mean(kept)),
        "std_acc": float(np.std(kept)),
        "min_acc": min(kept),
        "max_acc": max(kept),
    }


# ------------------------------------------------------------------------------ texts and classes


def mean_similarity(said: ArrayLike, true: ArrayLike) -> float:
    """The mean cosine of each text's embedding and its reference's, rows (M, D) of both.

    So-Fake-R1 (arXiv:2505.18660) reports it of explanations (CSS); of which encoder, it does not
    say, so name yours beside the number.

    >>> mean_similarity([[3, 4], [1, 0]], [[3, 4], [0, 1]])
    0.5
    """
    one, other = unit_length(said), unit_length(true)
    if one.shape != other.shape or not len(one):
        raise DataError(f"embeddings of {one.shape} and {other.shape}: one to each, please")
    return float((one * other).sum(axis=1).mean())


def compactness(embeddings: ArrayLike, classes: Sequence[Any]) -> float:
    """Mean cosine distance of pairs within a class, over that of pairs of two classes.

    Near 0 where classes are far apart and tight, 1 where they do not show. A paper after DINO-R1
    blames its visual prompts for too great a one. NaN without pairs of either sort.

    >>> compactness([[1, 0], [1, 0], [0, 1], [0, 1]], ["cat", "cat", "dog", "dog"])
    0.0
    """
    units, names = unit_length(embeddings), np.asarray(classes)
    distances = 1.0 - units @ units.T
    is_pair = np.triu(np.ones_like(distances, dtype=bool), k=1)
    is_same = names[:, None] == names[None, :]
    within, between = distances[is_pair & is_same], distances[is_pair & ~is_same]
    if not within.size or not between.size or not between.mean():
        return math.nan
    return float(max(within.mean(), 0.0) / between.mean())


# ---------------------------------------------------------------------------- perception (NIGHTS)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Which of two images people found closer to a third, and how many were asked."""

    reference: str
    left: str
    right: str
    share_right: float
    """Share of votes for the right image, 0 to 1; NaN without votes."""
    num_votes: int
    split: str = ""

    @property
    def right_is_closer(self) -> bool:
        """A tie counts as left."""
        return self.share_right > 0.5


def share_right(left_votes: float, right_votes: float) -> float:
    """The share of votes for the right image; NaN without votes.

    >>> share_right(1, 5)
    0.8333333333333334
    """
    total = left_votes + right_votes
    return right_votes / total if total else math.nan


def two_choice_accuracy(logits: ArrayLike, right_is_closer: ArrayLike) -> float:
    """Share of triplets decided as people did; `logits`: distance to the left less to the right.

    A tie decides for left.

    >>> two_choice_accuracy([0.2, -0.1, 0.0], [True, True, False])
    0.6666666666666666
    """
    said = np.asarray(logits) > 0
    return float((said == np.asarray(right_is_closer, dtype=bool)).mean())


def read_nights(path: Path, *, min_votes: int = 6) -> Iterator[Judgement]:
    """The judgements of a NIGHTS `data.csv` that at least `min_votes` people made.

    Either layout: with `left_vote` and `right_vote`, or with `p`, the share of right.
    """
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                judgement = _judgement(row)
            except (KeyError, TypeError, ValueError) as error:
                raise DataError(
                    f"{path}:{number}: {error!r}; expected votes, ref_path, left_path, right_path "
                    "and either left_vote and right_vote, or p"
                ) from error
            if judgement.num_votes >= min_votes:
                yield judgement


def _judgement(row: Mapping[str, str]) -> Judgement:
    if "left_vote" in row:
        share = share_right(float(row["left_vote"]), float(row["right_vote"]))
    else:
        share = float(row["p"])
    return Judgement(
        reference=row["ref_path"],
        left=row["left_path"],
        right=row["right_path"],
        share_right=share,
        num_votes=int(row["votes"]),
        split=row.get("split", ""),
    )
