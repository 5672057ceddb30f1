"""VLM-R1's claims: reinforcement carries further than imitation, and precision alone is hacked."""

from __future__ import annotations

from regard.claims.claim import Claim, Criterion

_OVERLAP = ("reward/where_relation", "reward/where_most")
_HITS = ("accuracy/where_relation", "accuracy/where_most")
"""Of the kinds that are not trained: mean overlap, and the share of boxes with one half and more,
which is what the paper reports."""

VLM_R1 = Claim(
    system="vlm_r1",
    sentence="Trained on phrases of class and colour, reinforcement also finds what is referred to "
    "by a relation or an extreme; imitation of the same examples does not.",
    source="arXiv:2504.07615: RefCOCO against LISA-Grounding, by steps",
    start=None,
    arms={"RL": "vlm_r1", "SFT": "vlm_r1:imitated"},
    budget="updates",
    criteria=(
        Criterion(
            "out of domain, RL ends above SFT in mean overlap",
            better="RL",
            worse="SFT",
            metrics=_OVERLAP,
        ),
        # Paper: 63.1 against 54.8. Added when a first run had held the criterion above and would
        # have failed this one: boxes that hedge overlap with much and hit little.
        Criterion(
            "out of domain, RL ends above SFT in boxes with an overlap of one half",
            better="RL",
            worse="SFT",
            metrics=_HITS,
        ),
        # Paper: 87.3 against 85.6. Four points: less than 150 held-out questions can tell apart.
        Criterion(
            "in domain, RL does not end below SFT in boxes with an overlap of one half",
            better="RL",
            worse="SFT",
            metrics=("accuracy/where",),
            least=-0.04,
        ),
    ),
)

VLM_R1_LENGTH = Claim(
    system="vlm_r1_length",
    sentence="Average precision is hacked by listing more and more boxes; with the length factor "
    "it is not, and finds as much.",
    source="arXiv:2504.07615 and its authors' post of March 2025: odLength",
    start="vlm_r1:detector",
    arms={"AP": "vlm_r1:detection_ap", "odLength": "vlm_r1:detection"},
    budget="updates",
    criteria=(
        # Fifteen tokens: one box with its label.
        Criterion(
            "AP ends with a box more in its answers",
            better="AP",
            worse="odLength",
            metrics=("completion/num_tokens",),
            least=15.0,
        ),
        Criterion(
            "odLength earns more of its reward on held-out scenes",
            better="odLength",
            worse="AP",
            metrics=("reward/mean",),
        ),
    ),
    shown="completion/num_tokens",
)
