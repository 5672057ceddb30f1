r"""Whether two short mathematical answers are the same, by the rule of the MATH graders.

The rule goes back to the MATH data set (Hendrycks et al. 2021, arXiv:2103.03874) and the grader
of PRM800K (Lightman et al. 2023, arXiv:2305.20050); as `mathruler.grade_answer` it is the rule of
many R1-style trainers. Texts are the same after one of two normalisations, or their difference is
zero. Its habits, kept because published numbers rest on them: units, `%`, `$` and a leading `x =`
are dropped (even within words: Monday is Mon); fractions must be written in the same terms, and
an integer must be given as one; the index of a root is dropped; more than two letters are text.

The original asks sympy, through Python's `eval`, whether the difference simplifies to zero; here
a bounded reader compares values (`regard.text.formulas`).
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from fractions import Fraction

from regard.text.formulas import Formula, read_formula, same_formula

_MAX_LENGTH = 2000
"""Characters; longer answers are compared as they are."""


def same_answer(given: str, truth: str) -> bool:
    r"""Whether `given` is the answer `truth`.

    >>> same_answer(r"\frac{1}{2}", "0.5"), same_answer("(B)", "B"), same_answer("5 cm", "5")
    (True, True, True)
    >>> same_answer("2/4", "1/2"), same_answer("B. 30", "B"), same_answer("x+1", "1+x")
    (False, False, True)
    """
    if max(len(given), len(truth)) > _MAX_LENGTH:
        return given.strip() == truth.strip()
    if _typeset(given) == _typeset(truth):
        return True
    said, wanted = _plain(given), _plain(truth)
    if said == wanted:
        return True
    if not said:
        return False
    saids, wanteds = _elements(said), _elements(wanted)
    if len(saids) != len(wanteds) or not wanteds:
        return False
    if len(wanteds) > 1 and (wanted[0] != said[0] or wanted[-1] != said[-1]):
        return False  # an open end is not a closed one
    return all(_same_element(*pair) for pair in zip(saids, wanteds, strict=True))


def same_typeset(one: str, other: str) -> bool:
    r"""Whether two answers are the same text once fractions, roots and units are written alike.

    >>> same_typeset(r"\dfrac12", "1/2"), same_typeset("x = 5", "5"), same_typeset("2/4", "1/2")
    (True, True, False)
    """
    return _typeset(one) == _typeset(other)


def _same_element(said: str, wanted: str) -> bool:
    if _is_fraction(said) and _is_fraction(wanted):
        return said == wanted
    if _is_integer(said) != _is_integer(wanted):
        return False
    both = f"({wanted})-({said})"
    letters = {char for char in both.replace("sqrt", "").replace("frac", "") if char.isalpha()}
    if len(letters) > 2 or "^(" in both or "^{" in both:
        return False
    if re.search(r"\^[0-9]+\^|\^[0-9][0-9]", both):
        return False
    if re.search(r"[^\S \t\n\r\f]", both):  # a space that Python's own reader does not know
        return False
    one, other = read_formula(said), read_formula(wanted)
    if one is None or other is None:
        return False
    if "." not in both:
        return same_formula(one, other)
    # A decimal is another number than the root or the pi it was rounded from.
    are_numbers = not one.names and not other.names
    if are_numbers and _is_irrational(said, one) != _is_irrational(wanted, other):
        return False
    return same_formula(one, other, tolerance=1e-15 if are_numbers else 1e-12)


def _is_irrational(text: str, number: Formula) -> bool:
    """Whether a number written with a root, a pi or a function is none of the common fractions."""
    value = number.at({})
    if value is None or re.search("pi|[a-z]{3}", text) is None:
        return False
    near = Fraction(value.real).limit_denominator(10_000)
    return abs(value.real - near) > 1e-12 * max(1.0, abs(value))


# ------------------------------------------------------------- the normalisation of MATH (2021)

_TEXT = re.compile(r"\\text\{(.+)\}", re.DOTALL)
_DROPPED_BY_MATH = ("\\left", "\\right", "^{\\circ}", "^\\circ", "\\$")


class _Unusual(Exception):
    """A rule has no form for this text; it is compared as it is."""


def _typeset(text: str) -> str:
    """The form of MATH: still LaTeX, with one way to write fractions and roots."""
    text = text.strip()
    if (wrapped := _without_text(text)) is not None:
        text = wrapped.strip()
    try:
        return _strip_as_math(text)
    except _Unusual:
        return text


def _without_text(text: str) -> str | None:
    r"""The inside where the whole is `\text{…}`; a line break counts only at the very end."""
    match = _TEXT.fullmatch(text.removesuffix("\n"))
    return match[1] if match and "\n" not in match[1] else None


def _strip_as_math(text: str) -> str:
    text = text.replace("\n", "").replace("\\!", "").replace("\\\\", "\\")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    for mark in _DROPPED_BY_MATH:
        text = text.replace(mark, "")
    if "\\text{ " in text:  # a unit on the right
        text, *others = text.split("\\text{ ")
        if len(others) != 1:
            raise _Unusual
    text = text.replace("\\%", "").replace("%", "")
    text = text.replace(" .", " 0.").replace("{.", "{0.")
    if not text:
        return text
    if text[0] == ".":
        text = "0" + text
    sides = text.split("=")
    if len(sides) == 2 and len(sides[0]) <= 2:  # "k = 5"
        text = sides[1]
    text = _braced_roots(text).replace(" ", "")
    text = _braced_fractions(text)
    if text == "0.5":
        text = "\\frac{1}{2}"
    match = re.fullmatch(r"(-?[0-9]+)/(-?[0-9]+)", text, re.ASCII)
    if match and all(str(int(part)) == part for part in match.groups()):
        text = f"\\frac{{{match[1]}}}{{{match[2]}}}"
    return text


def _braced_roots(text: str) -> str:
    first, *rest = text.split("\\sqrt")
    if "" in rest:
        raise _Unusual
    return first + "".join(
        "\\sqrt" + (part if part[0] == "{" else f"{{{part[0]}}}{part[1:]}") for part in rest
    )


def _braced_fractions(text: str) -> str:
    first, *rest = text.split("\\frac")
    if "" in rest:
        raise _Unusual
    pieces = [first]
    for part in rest:
        if part[0] == "{":
            pieces.append("\\frac" + part)
        elif len(part) < 2:
            return text
        elif part[1] == "{":
            pieces.append(f"\\frac{{{part[0]}}}{part[1:]}")
        else:
            pieces.append(f"\\frac{{{part[0]}}}{{{part[1]}}}{part[2:]}")
    return "".join(pieces)


# ---------------------------------------------------------- the normalisation of PRM800K (2023)

_UNITS = (
    "degree cm centimeter meter mile second minute hour day week month year foot feet inch yard"
)
# One after the other, as the original does it: what one removal joins, a later one may remove.
_UNIT_PATTERNS = [re.compile(rf"{unit}(?:es)?s? *(?:\^[0-9]+)?") for unit in _UNITS.split()]
_WRITTEN_OUT = {
    "\\%": "%",
    "\\$": "$",
    "$": "",
    "%": "",
    " or ": " , ",
    " and ": " , ",
    "million": "*10^6",
    "billion": "*10^9",
    "trillion": "*10^12",
}


def _plain(text: str) -> str:
    """The form of PRM800K: no LaTeX, no spaces, no units, lower case."""
    if (wrapped := _without_text(text)) is not None:
        text = wrapped
    for old, new in _WRITTEN_OUT.items():
        text = text.replace(old, new)
    for pattern in _UNIT_PATTERNS:
        text = pattern.sub("", text)
    text = re.sub(r"\^ *\\circ", "", text)
    if text and text[0] == "{" and text[-1] == "}":
        text = text[1:-1]
    text = re.sub(r",\\! *", "", text)
    number = _float(text)
    if number is not None and abs(number - round(number)) <= 1e-7:
        text = str(round(number))
    if "\\" in text:
        text = latex_as_text(text)
    text = re.sub(r"- *", "-", text)
    text = re.sub(r"([0-9]) +([0-9])", r"\1+\2", text)  # a mixed number
    text = text.replace(" ", "").replace("{", "").replace("}", "").lower()
    whole = _float(_without_thousands(text))
    if whole is not None and abs(whole - round(whole)) <= 1e-7:
        value = _float(text.replace(",", ""))
        return text if value is None else str(int(value))
    return text


def _float(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _without_thousands(text: str) -> str:
    while (shorter := re.sub(r"(\d),(\d\d\d)($|\D)", r"\1\2\3", text)) != text:
        text = shorter
    return text


def _is_integer(text: str) -> bool:
    value = _float(_without_thousands(text))
    return value is not None and abs(value - round(value)) <= 1e-7


def _is_fraction(text: str) -> bool:
    return re.search(r"^-?[0-9]+.?/0*[1-9][0-9]*.?$", text) is not None


def _elements(text: str) -> list[str]:
    """What a tuple or an interval holds, or the one thing that is no tuple."""
    text = _without_thousands(text)
    if not text:
        return []
    inside = text[1:-1]
    is_tuple = len(text) > 2 and text[0] in "()[]" and text[-1] in "()[]"
    if is_tuple and not any(char in inside for char in "()[]"):
        return [element.strip() for element in inside.split(",")]
    return [text]


# --------------------------------------------------------------------------------- LaTeX as text

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega varepsilon "
    "varphi vartheta"
)
_RELATIONS = (
    "times cdot infty cup cap pm mp leq le geq ge div neq approx in notin emptyset varnothing circ "
    "angle perp parallel sim cong rightarrow to Rightarrow leftarrow subset subseteq forall exists "
    "sum prod int ldots dots cdots prime mid vert star ast lfloor rfloor lceil rceil langle rangle "
    "ell hbar because therefore equiv propto nabla partial oplus otimes odot geqslant leqslant "
    "setminus square bullet lvert rvert Vert lVert rVert Leftarrow leftrightarrow Leftrightarrow "
    "mapsto supset supseteq wedge vee lnot iint oint bigcup bigcap inf"
)
_NAMED = "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lim max min sup"
_SYMBOLS = {
    **dict(zip(_GREEK.split(), "αβγδϵζηθικλμνξπρστυϕχψωΓΔΘΛΞΠΣΦΨΩεφϑ", strict=True)),
    **dict(
        zip(
            _RELATIONS.split(),
            [
                *"×·∞∪∩±∓≤≤≥≥÷≠≈∈∉∅∅∘∠⊥∥∼≅→→⇒←⊂⊆∀∃∑∏∫……⋯'||⋆∗⌊⌋⌈⌉⟨⟩ℓħ∵∴≡∝∇∂⊕⊗⊙⩾⩽∖",
                *"□∙||‖‖‖⇐↔⇔↦⊃⊇∧∨¬∬∮⋃⋂",
                "inf",
            ],
            strict=True,
        )
    ),
    **{name: name for name in _NAMED.split()},
    "quad": "  ",
    "qquad": "    ",
}
_ESCAPES = {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "\\": "\n"}
_ESCAPES |= {char: char for char in "{}$%&#_"}
_ACCENTS = {
    "hat": "\u0302",
    "bar": "\u0305",
    "vec": "\u20d7",
    "tilde": "\u0303",
    "dot": "\u0307",
    "ddot": "\u0308",
}
_STYLES = {
    "mathbf": "BOLD",
    "mathbb": "DOUBLE-STRUCK",
    "mathcal": "SCRIPT",
    "mathscr": "SCRIPT",
    "mathit": "ITALIC",
    "mathsf": "SANS-SERIF",
    "mathfrak": "FRAKTUR",
    "mathtt": "MONOSPACE",
}
_LIGATURES = {"---": "—", "--": "–", "``": "“", "''": "”"}
_MATRICES = {"array", "pmatrix", "bmatrix", "smallmatrix", "psmallmatrix", "bsmallmatrix"}
_AFTERWARDS = {"√": "sqrt", "π": "pi", "∞": "inf", "∪": "U", "·": "*", "×": "*"}
_MAX_NESTING = 40


def latex_as_text(latex: str) -> str:
    r"""LaTeX as one would type it: fractions with a slash (and no brackets), `sqrt(…)`, symbols.

    Commands it does not know leave their arguments; what breaks off, or is nested too deeply,
    stays LaTeX.

    >>> latex_as_text(r"2\frac{1}{2}"), latex_as_text(r"\sqrt{3}\pi"), latex_as_text(r"\foo{x}")
    ('2 1/2', 'sqrt(3)pi', 'x')
    """
    latex = latex.replace("\\tfrac", "\\frac").replace("\\dfrac", "\\frac")
    latex = latex.replace("\\frac", " \\frac")  # a mixed number keeps its gap
    try:
        text = _TextReader(latex).group(0, until=None)
    except _Unusual:
        return latex
    for old, new in _AFTERWARDS.items():
        text = text.replace(old, new)
    return text.strip()


class _TextReader:
    def __init__(self, latex: str) -> None:
        self.latex = latex
        self.at = 0

    def group(self, depth: int, *, until: str | None) -> str:
        if depth > _MAX_NESTING:
            raise _Unusual
        pieces = []
        while self.at < len(self.latex):
            if self.latex[self.at] == until:
                self.at += 1
                break
            pieces.append(self.piece(depth))
        return "".join(pieces)

    def piece(self, depth: int) -> str:
        char = self.latex[self.at]
        self.at += 1
        if char == "{":
            return self.group(depth + 1, until="}")
        if char == "}":
            return ""
        if char == "~":
            return "\xa0"
        if char == "&":
            return "   "
        for marks, sign in _LIGATURES.items():
            if self.latex.startswith(marks, self.at - 1):
                self.at += len(marks) - 1
                return sign
        if char != "\\":
            return char
        if self.at >= len(self.latex):
            return ""
        start = self.at
        while self.at < len(self.latex) and self.latex[self.at].isalpha():
            self.at += 1
        if start == self.at:
            self.at += 1
            return _ESCAPES.get(self.latex[start], "")
        name = self.latex[start : self.at]
        self.skip_spaces()
        return self.command(name, depth)

    def command(self, name: str, depth: int) -> str:
        if name == "frac":
            top = self.argument(depth)
            return f"{top}/{self.argument(depth)}"
        if name == "sqrt":
            if self.at < len(self.latex) and self.latex[self.at] == "[":
                end = self.latex.find("]", self.at)
                self.at = end + 1 if end >= 0 else self.at
            if not self.latex[self.at :].strip():
                raise _Unusual
            return f"√({self.argument(depth)})"
        if name in _STYLES:
            return "".join(_styled(char, _STYLES[name]) for char in self.argument(depth))
        if name in _ACCENTS:
            return unicodedata.normalize("NFC", self.argument(depth) + _ACCENTS[name])
        if name == "begin":
            return self.environment(depth)
        if name == "end":
            self.argument(depth)
            return ""
        if name in ("left", "right", "big", "Big"):
            if self.latex[self.at : self.at + 1] == ".":
                self.at += 1
            return ""
        return _SYMBOLS.get(name, "")

    def environment(self, depth: int) -> str:
        """What `\\begin{…}` holds; a matrix as rows with semicolons between."""
        name = self.argument(depth)
        if name == "array":
            self.argument(depth)
        end, pieces = f"\\end{{{name}}}", []
        while self.at < len(self.latex) and not self.latex.startswith(end, self.at):
            pieces.append(self.piece(depth + 1))
        if self.at >= len(self.latex):
            raise _Unusual
        self.at += len(end)
        body = "".join(pieces)
        if name not in _MATRICES:
            return body
        return f"[ {'; '.join(' '.join(row.split()) for row in body.split(chr(10)))} ]"

    def argument(self, depth: int) -> str:
        self.skip_spaces()
        if self.at >= len(self.latex) or self.latex[self.at] == "}":
            return ""
        return self.piece(depth + 1) if depth < _MAX_NESTING else self.group(depth + 1, until="}")

    def skip_spaces(self) -> None:
        while self.at < len(self.latex) and self.latex[self.at] in " \t\n":
            self.at += 1


def _styled(char: str, style: str) -> str:
    """The letter of mathematical alphabets, where Unicode has it; `\\mathbb{R}` is ℝ."""
    if not ("A" <= char <= "Z" or "a" <= char <= "z"):
        return char
    letter = f"{'CAPITAL' if char.isupper() else 'SMALL'} {char.upper()}"
    older = "BLACK-LETTER" if style == "FRAKTUR" else style
    for name in (f"MATHEMATICAL {style} {letter}", f"{older} {letter}"):
        with contextlib.suppress(KeyError):
            return unicodedata.lookup(name)
    return char
