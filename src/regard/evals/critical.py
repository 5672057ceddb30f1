"""Entropy where a line of thought begins anew: at "Wait", at "Alternatively".

Skywork-R1V3 (arXiv:2507.06167) finds that among checkpoints of a run, those that are undecided at
such places answer best; a policy that only imitates the words of second thoughts is sure of them.
Its list of words, the unit and the exact place are not published: they are fields here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from regard.text.places import num_tokens_within
from regard.types import Completion

Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True, kw_only=True)
class CriticalEntropy:
    """Entropy at critical words, and of all tokens, over held-out answers."""

    words: tuple[str, ...] = ("wait", "alternatively", "hmm")
    """Whole words, in any case; a word of several tokens counts at its first. The first two are the
    paper's examples, the third is of a study it cites."""
    position: Literal["at", "after"] = "at"
    """The distribution the word was drawn from, or that of the token after its first one."""
    average: Literal["micro", "macro"] = "micro"
    """All occurrences alike, or all answers that have any."""
    tail: float = 6.8
    """Nats from which on a token counts as very uncertain (paper, section 6.5, without a unit)."""

    def metrics(self, completions: Sequence[Completion], decode: Decode) -> dict[str, float]:
        """What is measured, by the names of docs/metrics.md; of no tokens, nothing."""
        everything = [entropy for each in completions for entropy in each.entropies]
        if not everything:
            return {}
        found = [self.at_words(each, decode) for each in completions]
        with_any = [values for values in found if values]
        metrics = {
            "completion/entropy": fmean(everything),
            "completion/entropy_tail": fmean(entropy > self.tail for entropy in everything),
            "completion/critical_count": float(sum(map(len, found))),
            "completion/critical_coverage": len(with_any) / len(found),
        }
        if with_any:
            is_micro = self.average == "micro"
            values = [v for row in with_any for v in row] if is_micro else map(fmean, with_any)
            metrics["completion/critical_entropy"] = fmean(values)
        return metrics

    def at_words(self, completion: Completion, decode: Decode) -> list[float]:
        """The entropy (nats) at each critical word of one answer."""
        any_word = "|".join(map(re.escape, self.words))
        places = re.finditer(rf"(?<!\w)(?:{any_word})(?!\w)", completion.text, re.IGNORECASE)
        step = int(self.position == "after")
        numbers = (
            num_tokens_within(completion.token_ids, place.start(), decode) + step
            for place in places
        )
        return [completion.entropies[n] for n in numbers if n < len(completion.entropies)]
