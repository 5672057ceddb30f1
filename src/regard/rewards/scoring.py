"""Scoring recorded completions: the logic of `regard score REWARD FILE`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from regard.errors import DataError
from regard.rewards.contract import AnyReward, range_of, score_group
from regard.types import Completion, Example, Score


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One completion and what it earned."""

    completion: Completion
    example: Example
    score: Score
    full_marks: float
    """The most its example can earn."""


@dataclass(frozen=True, kw_only=True)
class SummaryRow:
    """The scores of some completions in numbers."""

    name: str
    """"all", "kind/sum", or the path of a part, such as "part/accuracy"."""
    num: int
    mean: float
    least: float
    greatest: float
    full_marks: float | None = None
    """Share of completions that earn all there is to earn, 0 to 1; of the whole reward only."""


def score_pairs(reward: AnyReward, pairs: Iterable[tuple[Completion, Example]]) -> list[Scored]:
    """Every completion with its score, in the order given.

    Completions to the same example, wherever they stand, are siblings to a group reward; examples
    are the same when their ids are.
    """
    pairs = list(pairs)
    groups: dict[str, list[int]] = {}
    for index, (_, example) in enumerate(pairs):
        if not isinstance(example, Example):
            raise DataError(f"pair {index + 1}: the example is {example!r}; expected an Example")
        siblings = groups.setdefault(example.id, [])
        if siblings and pairs[siblings[0]][1] != example:
            raise DataError(
                f"two examples are called '{example.id}'; completions to the same example need "
                "the same question and target, others another id"
            )
        siblings.append(index)
    found: dict[int, Scored] = {}
    for siblings in groups.values():
        example = pairs[siblings[0]][1]
        completions = [pairs[index][0] for index in siblings]
        full_marks = range_of(reward, example)[1]
        for index, score in zip(siblings, score_group(reward, completions, example), strict=True):
            found[index] = Scored(
                completion=pairs[index][0], example=example, score=score, full_marks=full_marks
            )
    return [found[index] for index in range(len(pairs))]


def summarise(scored: Sequence[Scored]) -> list[SummaryRow]:
    """All completions, then those of each kind, then each part of the score."""
    if not scored:
        return []
    rows = [_whole("all", scored)]
    kinds = sorted({one.example.kind for one in scored} - {""})
    for kind in kinds:
        rows.append(_whole(f"kind/{kind}", [one for one in scored if one.example.kind == kind]))
    parts: dict[str, list[float]] = {}
    for one in scored:
        for name, score in _parts(one.score.parts):
            parts.setdefault(f"part/{name}", []).append(score.value)
    rows += [_row(name, values) for name, values in parts.items()]
    return rows


def render_summary(rows: Sequence[SummaryRow]) -> str:
    """The rows as a table of text.

    >>> print(render_summary([SummaryRow(name="all", num=2, mean=0.5, least=0, greatest=1)]))
                                    n     mean      min      max  full marks
    all                             2    0.500    0.000    1.000
    """
    lines = [f"{'':28}{'n':>5}{'mean':>9}{'min':>9}{'max':>9}  full marks"]
    for row in rows:
        share = "" if row.full_marks is None else f"{row.full_marks:12.1%}"
        lines.append(
            f"{row.name:28}{row.num:5}{row.mean:9.3f}{row.least:9.3f}{row.greatest:9.3f}{share}"
        )
    return "\n".join(lines)


def _whole(name: str, scored: Sequence[Scored]) -> SummaryRow:
    is_full = [one.score.value >= one.full_marks - 1e-9 for one in scored]
    return _row(name, [one.score.value for one in scored], fmean(is_full))


def _row(name: str, values: Sequence[float], full_marks: float | None = None) -> SummaryRow:
    return SummaryRow(
        name=name,
        num=len(values),
        mean=fmean(values),
        least=min(values),
        greatest=max(values),
        full_marks=full_marks,
    )


def _parts(parts: Mapping[str, Score], path: str = "") -> Iterator[tuple[str, Score]]:
    """Every part at any depth, by its path."""
    for name, score in parts.items():
        yield path + name, score
        yield from _parts(score.parts, f"{path}{name}/")
