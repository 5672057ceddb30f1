"""Plain forms: two texts that a reader would call the same answer have the same plain form."""

from __future__ import annotations

import re
import unicodedata

_OPENING = "\"'`*_([{<“‘«"
_CLOSING = _OPENING + ")]}>”’».,;:!?…。，；：！？、"


def plain(text: str) -> str:
    """Lower case, single spaces, no quotes, brackets or full stops around the words.

    Punctuation within a word stays, since 3.5 is not 35, and so does a sign or a percent.

    >>> plain('  The "Red"  Square. ')
    'the red square'
    >>> plain("-3.5%,")
    '-3.5%'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = (word.lstrip(_OPENING).rstrip(_CLOSING) for word in folded.split())
    # Where punctuation is all there is, it is the answer.
    return " ".join(word for word in words if word) or folded.strip()


_BEFORE = re.compile(r" (?=[,:\]})])")
_AFTER = re.compile(r"(?<=[\[{(]) ")


def closed_up(text: str) -> str:
    """Without the space before a comma, a colon or a closing bracket and after an opening one.

    >>> closed_up("[ { 'point' : [ 3 , 4 ] , 'input_text' : 'no input text' } ]")
    "[{'point': [3, 4], 'input_text': 'no input text'}]"
    """
    return _AFTER.sub("", _BEFORE.sub("", text))


_DECORATION = re.compile(
    r"\\(?:left|right|displaystyle)(?![A-Za-z])"  # \left( but not \leftarrow
    r"|\\[,!;:()\[\]]|\\?\$|\s+"
)
_GAP = re.compile(r"(?<=[0-9])(?:\\[,;:! ]|\s|~)+(?=[0-9])")
_THOUSANDS = re.compile(r"(?<![0-9.]\x00)(?<![0-9.])[0-9]{1,3}(?:\x00[0-9]{3})+(?![0-9]|\x00)")


def plain_latex(latex: str) -> str:
    r"""LaTeX without what changes only its looks: math signs, spaces, `\left`, `\dfrac`.

    Between digits a space stays, since 1 1 is not 11; but it may part thousands.

    >>> plain_latex(r"$\dfrac{1}{2} \left( x + 1 \right)$.")
    '\\frac{1}{2}(x+1)'
    >>> plain_latex("12 000"), plain_latex(r"1\,1")
    ('12000', '1 1')
    """
    gapped = _GAP.sub("\0", latex.strip().rstrip(".").replace("\0", ""))
    gapped = _THOUSANDS.sub(lambda number: number[0].replace("\0", ""), gapped)
    bare = _DECORATION.sub("", gapped).replace("\0", " ")
    return re.sub(r"\\[dt]frac", r"\\frac", bare).rstrip(".")


_MIXED = (
    re.compile(r"(?<![\w.}])([0-9]+)\s*(\\[dt]?frac\s*(?:\{[0-9]+\}\s*\{[0-9]+\}|[0-9]{2}))"),
    re.compile(r"(?<![\w.}])([0-9]+)\s+([0-9]+/[0-9]+)(?![0-9])"),
)


def as_sums(latex: str) -> str:
    r"""Mixed numbers as the sums they are, which otherwise read as products, or as one number.

    >>> as_sums(r"-3\frac{1}{2}"), as_sums("3 1/2 cm"), as_sums(r"x\frac{1}{2}")
    ('-(3+\\frac{1}{2})', '(3+1/2) cm', 'x\\frac{1}{2}')
    """
    for pattern in _MIXED:
        latex = pattern.sub(r"(\1+\2)", latex)
    return latex
