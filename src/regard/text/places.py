"""Where a place of a text lies among the tokens it was decoded from."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def num_tokens_within(
    token_ids: Sequence[int], num_characters: int, decode: Callable[[Sequence[int]], str]
) -> int:
    """The most tokens from the beginning whose text is no longer than so many characters.

    So this is also the number of the token that holds the character `num_characters`, from 0.

    >>> num_tokens_within([104, 105, 33], 2, lambda ids: bytes(ids).decode())
    2
    """
    low, high = 0, len(token_ids)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(decode(token_ids[:middle])) <= num_characters
        low, high = (middle, high) if fits else (low, middle - 1)
    return low
