"""What a model says of a picture that may be forged: `TAMPERED,(48,0),(219,223).`

The answer of So-Fake-R1 (arXiv:2505.18660): one of three verdicts, and the corners of the tampered
region. Its code is not published; the rules are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from regard.text.boxes import Corners
from regard.text.tags import inside

Verdict = Literal["REAL", "FULL_SYNTHETIC", "TAMPERED"]

_NUMBER = r"\s*+(-?+[0-9]{1,15}+(?:\.[0-9]{1,15}+)?+)\s*+"
_PAIR = rf"\({_NUMBER},{_NUMBER}\)"
_REGION = re.compile(rf"{_PAIR}\s*+,\s*+{_PAIR}")
_AROUND = " .,;:\n\r\t"
_NAMES = {"SYNTHETIC": "FULL_SYNTHETIC", "FULLY_SYNTHETIC": "FULL_SYNTHETIC"}


@dataclass(frozen=True)
class ForgeryAnswer:
    """A verdict, if there is just one, and every region that was given."""

    verdict: str | None
    regions: tuple[Corners, ...] = ()


def forgery_answer(text: str) -> ForgeryAnswer:
    """The verdict and the regions in the last `<answer>…</answer>`.

    Whatever is left beside the regions must be one verdict: a sentence is none, and neither are
    two. Blanks and hyphens within it are as good as underscores, and case does not count.

    >>> forgery_answer("<answer>tampered, (48, 0), (219, 223).</answer>")
    ForgeryAnswer(verdict='TAMPERED', regions=((48.0, 0.0, 219.0, 223.0),))
    >>> forgery_answer("<answer>Full Synthetic</answer>").verdict
    'FULL_SYNTHETIC'
    """
    answer = inside("answer", text, "last")
    if answer is None:
        return ForgeryAnswer(None)
    regions = []
    for match in _REGION.finditer(answer):
        x0, y0, x1, y1 = map(float, match.groups())
        regions.append((x0, y0, x1, y1))
    name = re.sub(r"[\s-]++", "_", _REGION.sub(" ", answer).strip(_AROUND).upper())
    name = name.rstrip("_.,;:")
    return ForgeryAnswer(name if name in get_args(Verdict) else None, tuple(regions))


def verdict_of(name: str) -> str | None:
    """The verdict that a data set's label means, in whatever way it is written.

    >>> verdict_of("full_synthetic"), verdict_of("synthetic"), verdict_of("cat")
    ('FULL_SYNTHETIC', 'FULL_SYNTHETIC', None)
    """
    said = re.sub(r"[\s-]++", "_", name.strip().upper())
    said = _NAMES.get(said, said)
    return said if said in get_args(Verdict) else None
