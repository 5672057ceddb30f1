"""Numbers with units: math-verify drops a unit in words from 0.8 on, and a per cent from 0.9 on.

Vectors that were recorded with an older one call 17 degrees wrong where 17 is wanted.
"""

from __future__ import annotations

import re

_QUANTITY = re.compile(r"\\?\$?(?P<number>-?[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>\\?%|[A-Za-z]+)?\.?\$?")


def differ_by_a_unit(said: str, wanted: str) -> bool:
    """Whether two texts are the same number, one of them with a unit that the other lacks.

    >>> differ_by_a_unit("17 degrees", "17"), differ_by_a_unit("$5", "5 cm")
    (True, True)
    >>> differ_by_a_unit("17", "17"), differ_by_a_unit("5 cm", "6"), differ_by_a_unit("A", "A")
    (False, False, False)
    """
    one, other = (_QUANTITY.fullmatch(text.strip()) for text in (said, wanted))
    if one is None or other is None or one["number"] != other["number"]:
        return False
    return one["unit"] != other["unit"]


def installed_says_equal(said: str, wanted: str) -> bool:
    """The verdict of the math-verify that is installed here."""
    from math_verify import parse, verify

    return bool(verify(parse(f"\\boxed{{{wanted}}}"), parse(f"\\boxed{{{said}}}")))
