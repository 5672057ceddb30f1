"""Reading which option of a multiple-choice question a text names."""

from __future__ import annotations

from collections.abc import Sequence

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
