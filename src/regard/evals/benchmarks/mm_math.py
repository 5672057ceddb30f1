r"""MM-Math (arXiv:2404.05091) and OlympiadBench (arXiv:2402.14008): is one answer the other?

Answers are taken from their boxes (or the formulas of the last line), freed of units, split at
commas and plus-or-minus signs, and paired, in any order: as the same text, intervals, numbers,
expressions or equations. The published judge asks sympy; here formulas are read by a bounded
reader and compared by value (`regard.text.formulas`).
"""

from __future__ import annotations

import re

from regard.text.boxed import every_box
from regard.text.formulas import Formula, points, read_formula

_MAX_LENGTH = 2000
_LONGEST_FORMULA = 300
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
# In this order: what one removal leaves, the next may take.
_UNITS = (
    "\\text{cm}^2",
    "\\text{cm}",
    "\\,cm",
    "\\text{ cm}",
    "cm",
    "\\text{分米}^2",
    "cm^{2}",
    "\\ \\text{m}",
    "\\text{米}",
)
_REPLACED = {
    "\\left": "",
    "\\right": "",
    "厘米": "",
    "，": ",",
    "$": "",
    "（": "(",
    "）": ")",
    "\\infty": "oo",
    "\\colon ": ":",
    "＋": "+",
    "\\, ": "",
    "\\,": "",
    "^\\circ": "",
    "^{\\circ}": "",
}
_EDGES = "\n,.:;^_=+`!@#%^&*~，。"


def is_same(truth: str, prediction: str, *, tolerance: float = 1e-2) -> bool:
    r"""Whether a prediction says the answer `truth`.

    Numbers may differ by `tolerance` (absolute, and a hundredth of it more), or by a factor of a
    hundred, since a percentage may be meant: 500 and 0.05 are 5.

    >>> is_same("5", "500"), is_same(r"2\sqrt{3}", r"so \boxed{\sqrt{12}}"), is_same("1,2", "2,1")
    (True, True, True)
    >>> is_same("5", "5.02"), is_same("[0,1)", "(0,1)")
    (False, False)
    """
    if max(len(truth), len(prediction)) > 50 * _MAX_LENGTH:
        return False
    said, wanted = _answer(prediction), _answer(truth)
    if said is None or wanted is None:
        return False
    if said == wanted:
        return True
    if max(len(said), len(wanted)) > _MAX_LENGTH:
        return False
    wanteds, saids = _parts(wanted), _parts(said)
    if len(wanteds) != len(saids):
        return False
    limit = tolerance * 1.01
    for part in wanteds:
        match = next((other for other in saids if _is_equal(part, other, limit)), None)
        if match is None:
            return False
        saids.remove(match)
    return True


# ---------------------------------------------------------------------------------- preparation


def _answer(text: str) -> str | None:
    boxes = every_box(text)
    if boxes is None:
        return None  # a box that is never closed
    if not boxes:
        last_line = text.strip().split("\n")[-1]
        boxes = re.findall(r"\$([^$\n]*)\$", last_line)
    answer = "".join(f"{box}," for box in boxes) if boxes else text
    for unit in _UNITS:
        answer = answer.replace(unit, "")
    answer = answer.strip()
    if len(answer) > 1 and answer.endswith("m") and answer[-2] != "\n":  # metres
        answer = answer[:-1]
    if "\\in " in answer:
        answer = answer.split("\\in ")[1]
    for old, new in _REPLACED.items():
        answer = answer.replace(old, new)
    answer = re.sub(r"(\\sin|\\cos|\\tan)([0-9]+)", r"\1((\2/180)\\pi)", answer)
    answer = answer.strip(_EDGES)
    return re.sub(r"\\(?:mathrm|mathbf)\{~?([^}]*)\}", r"\1", answer)


def _parts(answer: str) -> list[str]:
    if _CHINESE.fullmatch(answer) is None:
        answer = _CHINESE.sub("", answer)
    if answer.count("<") == 2:
        first, _, last = answer.split("<")
        answer = f"({first}, {last})"
    parts, depth, start = [], 0, 0
    for i, char in enumerate(answer):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(answer[start:i].strip())
            start = i + 1
    if start < len(answer):
        parts.append(answer[start:].strip())
    signed = []
    for part in parts:
        both = [part.replace("\\pm", sign) for sign in "+-"]
        signed += both if "\\pm" in part else [part]
    return signed


# ----------------------------------------------------------------------------------- comparison


def _is_equal(wanted: str, said: str, limit: float) -> bool:
    if wanted == said and wanted:
        return True
    if _is_interval(wanted) and _is_interval(said):
        verdict = _same_interval(wanted, said, limit)
        if verdict is None:  # an end that cannot be read
            return False
        if verdict:
            return True
    if _same_number(wanted, said, limit):
        return True
    both_equations = "=" in wanted and "=" in said
    if not both_equations and _same_expression(wanted, said, limit):
        return True
    return _same_equation(wanted, said)


def _is_interval(text: str) -> bool:
    return text.startswith(("(", "[")) and text.endswith((")", "]"))


def _same_interval(wanted: str, said: str, limit: float) -> bool | None:
    ones, others = wanted.split("\\cup"), said.split("\\cup")
    if len(ones) != len(others):
        return False
    for one, other in zip(ones, others, strict=True):
        if not one or not other:
            return None
        if one[0] != other[0] or one[-1] != other[-1]:
            return False
        ends = zip(one.strip("[]()").split(","), other.strip("[]()").split(","), strict=False)
        for end, other_end in ends:
            verdict = _same_expression(end, other_end, limit)
            if not verdict:
                return verdict
    return True


def _same_number(wanted: str, said: str, limit: float) -> bool:
    try:
        reference, value = float(wanted), float(said)
    except ValueError:
        return False
    return any(
        abs(candidate - value) <= limit
        for candidate in (reference / 100, reference, reference * 100)
    )


def _same_expression(wanted: str, said: str, limit: float) -> bool | None:
    """None where one of them cannot be read."""
    one, other = (_right_hand_side(text) for text in (wanted, said))
    first, second = _relation(one), _relation(other)
    if first is None or second is None:
        return None
    if first[0] or second[0]:  # inequalities are the same as they stand, or not at all
        return first == second
    left, right = first[1][0], second[1][0]
    if left.tree == right.tree:
        return bool(left.names) or left.at({}) is not None  # 1/0 is only what is written so
    if max(len(one), len(other)) > _LONGEST_FORMULA or bool(left.names) != bool(right.names):
        return False
    gaps = _gaps(left, right)
    if not gaps:
        return False
    if not left.names:
        return abs(gaps[0]) <= limit
    return all(abs(gap) < 1e-3 for gap in gaps) and _is_constant(gaps)


_SIGNS = {"<": "<", ">": ">", "\\le": "≤", "\\leq": "≤", "\\ge": "≥", "\\geq": "≥"}


def _relation(text: str) -> tuple[str, tuple[Formula, ...]] | None:
    """The sign of an inequality (or none) and its sides."""
    found = re.split(r"(<|>|\\[lg]eq?(?![a-z]))", text)
    sides = tuple(_formula(side) for side in found[::2])
    if len(sides) > 2 or any(side is None for side in sides):
        return None
    sign = _SIGNS[found[1]] if len(found) > 1 else ""
    return sign, tuple(side for side in sides if side is not None)


def _formula(text: str) -> Formula | None:
    """The formula as far as sympy reads it.

    It reads 3 1/2 as 31/2; stops before a root without braces, a comma, a bracket that closes
    nothing; and gives up on a point that ends a number, on 05, and on letters that are not ASCII.
    """
    text = re.sub(r"(?<=[0-9])\s+(?=[0-9])", "", text.strip())
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
    text = text.replace("\\{", "{").replace("\\}", "}")
    text = re.sub(r"\\(?:text|mathrm)(?![a-z])", r"\\word", text)  # a letter of its own
    if not text.isascii() or re.search(r"[0-9]\.(?![0-9])|(?<![0-9.])0[0-9]|[%#]", text):
        return None
    return read_formula(text[: _end(text)], notation="latex")


def _end(text: str) -> int:
    depth = 0
    for i, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        bare_root = text.startswith("\\sqrt", i) and text[i + 5 :].lstrip()[:1] not in ("{", "[")
        point = char == "." and not text[i + 1 : i + 2].isdecimal()
        colon = char in ":/" and not re.match(r"[:/]\s*[\w\\({+-]", text[i:])
        if depth < 0 or bare_root or point or colon or (depth == 0 and char in ",;?"):
            return i
    return len(text)


def _right_hand_side(text: str) -> str:
    return (text.split("=")[1] if "=" in text else text).strip()


def _same_equation(wanted: str, said: str) -> bool:
    """Whether one equation is a whole multiple of the other."""
    first, second = _sides(wanted), _sides(said)
    if first is None or second is None:
        return False
    ratios = []
    names = frozenset[str]().union(*(side.names for side in (*first, *second)))
    for values in points(names):
        sides = [side.at(values) for side in (*first, *second)]
        if any(side is None for side in sides):
            continue
        a, b, c, d = (side for side in sides if side is not None)
        if abs(c - d) < 1e-12 or abs(a - b) < 1e-12:
            return False
        ratios.append((a - b) / (c - d))
    if not ratios or not _is_constant(ratios):
        return False
    return any(_is_whole(ratio) for ratio in (ratios[0], 1 / ratios[0]))


def _sides(equation: str) -> tuple[Formula, Formula] | None:
    parts = equation.split("=")
    if len(parts) != 2:
        return None
    left, right = (_formula(part) for part in parts)
    return None if left is None or right is None else (left, right)


def _gaps(one: Formula, other: Formula) -> list[complex]:
    gaps = []
    for values in points(one.names | other.names):
        left, right = one.at(values), other.at(values)
        if left is None or right is None:
            return []
        gaps.append(left - right)
    return gaps


def _is_constant(values: list[complex]) -> bool:
    return all(abs(value - values[0]) <= 1e-9 * max(1.0, abs(values[0])) for value in values)


def _is_whole(value: complex) -> bool:
    return abs(value - round(value.real)) < 1e-9 and round(value.real) != 0
