"""Reading which option of a multiple-choice question a text names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regard.text.plain import plain

_BEFORE = "([*` \n\t"
_AFTER = ")]*`.: \n\t"


def letters(options: Sequence[str]) -> str:
    """The letters of the options, in order.

    >>> letters(["red", "green", "blue"])
    'ABC'
    """
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: len(options)]


def read_choice(text: str, options: Sequence[str] = ()) -> str | None:
    """The letter of the one option that `text` names, by its letter, its words, or both.

    A letter with the words of another option names neither, and so do two letters. Without
    `options` any letter will do, and the words after it are not checked.

    >>> [read_choice(text, ["red", "green"]) for text in ("B", "(b)", "B.", "B. green", "Green!")]
    ['B', 'B', 'B', 'B', 'B']
    >>> [read_choice(text, ["red", "green"]) for text in ("C", "B. red", "A, B", "red or green")]
    [None, None, None, None]
    """
    led = _leading_letter(text)
    if led is None:
        return _by_words(text, options)
    letter, words = led
    if options:
        is_named = letter in letters(options) and (not words or _by_words(words, options) == letter)
        return letter if is_named else _by_words(text, options)
    return letter if not words or _leading_letter(words) is None else None


def _leading_letter(text: str) -> tuple[str, str] | None:
    """The letter a text starts with, set off as option letters are, and the words after it."""
    head = text.lstrip(_BEFORE)
    if head[:7].casefold() == "option ":
        head = head[7:].lstrip(_BEFORE)
    letter, tail = head[:1].upper(), head[1:]
    words = tail.lstrip(_AFTER)
    gap = tail[: len(tail) - len(words)]
    is_set_off = bool(gap.strip()) or not words  # "A dog" does not name option A
    return (letter, words) if "A" <= letter <= "Z" and is_set_off else None


def _by_words(text: str, options: Sequence[str]) -> str | None:
    """The letter of the option whose words `text` is; None when two options read the same."""
    if not options:
        return None
    answer = plain(text)
    found = [i for i, option in enumerate(options) if plain(option) == answer]
    return letters(options)[found[0]] if len(found) == 1 else None


UNANSWERED = "Z"
"""What `infer_choice` gives for a refusal."""

_REFUSALS = (
    "Sorry, I can't help with images of people yet.",
    "I can't process this file.",
    "I'm sorry, but without the image provided",
    "Cannot determine the answer",
)
_API_FAILED = "Failed to obtain answer via API"
_SET_OFF = str.maketrans(dict.fromkeys(".()[],:;!*#{}", " "))


def infer_choice(
    answer: object, options: Mapping[str, object], *, whole_words: bool = False
) -> str | None:
    """The one option that an answer names anywhere: by its letter as a word, else by its words.

    The matcher that comes first in VLMEvalKit's scoring. A refusal, or a lone Z, is "Z". It is
    easily fooled: the article "A" is a letter, and "112" names the option "12", since words are
    looked for as parts of words; `whole_words` wants them to stand alone.

    >>> options = {"A": "liver", "B": "spleen", "C": "12"}
    >>> [infer_choice(answer, options) for answer in ("(B)", "So B.", "A or B", "The spleen")]
    ['B', 'B', None, 'B']
    >>> infer_choice(112, options), infer_choice("112", options, whole_words=True)
    ('C', None)
    """
    text = str(answer)
    if _API_FAILED not in text:
        if any(refusal in text for refusal in _REFUSALS):
            return UNANSWERED
        words = set(text.translate(_SET_OFF).split())
        named = [letter for letter in options if letter in words]
        if len(named) == 1:
            return named[0]
        if not named and UNANSWERED in words:
            return UNANSWERED
    said = text.lower()
    if whole_words:
        said = f" {' '.join(said.translate(_SET_OFF).split())} "
    found = [
        letter
        for letter, words in options.items()
        if (f" {str(words).lower()} " if whole_words else str(words).lower()) in said
    ]
    return found[0] if len(found) == 1 else None
