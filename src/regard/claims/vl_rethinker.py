"""VL-Rethinker's claims: replay of what had an advantage, and second looks that are forced."""

from __future__ import annotations

from regard.claims.claim import Claim, Criterion

VL_RETHINKER = Claim(
    system="vl_rethinker",
    sentence="Where groups saturate, replaying what had an advantage beats leaving out what has "
    "none, which beats learning from everything.",
    source="arXiv:2504.08837, its ablation of selective sample replay",
    start=None,
    arms={
        "SSR": "vl_rethinker",
        "filter": "vl_rethinker:filtered",
        "GRPO": "vl_rethinker:plain",
    },
    budget="generated tokens",
    criteria=(
        Criterion("SSR ends above GRPO", better="SSR", worse="GRPO"),
        Criterion("SSR is above GRPO half-way", better="SSR", worse="GRPO", share=0.5),
        # Two points: less than 300 held-out questions can tell apart.
        Criterion("SSR does not end below filter", better="SSR", worse="filter", least=-0.02),
        Criterion("filter does not end below GRPO", better="filter", worse="GRPO", least=-0.02),
    ),
)

VL_RETHINKER_FORCED = Claim(
    system="vl_rethinker_forced",
    sentence="Forced rethinking makes a policy look again of its own accord, and it is no less "
    "often right for it.",
    source="arXiv:2504.08837, its ablation of forced rethinking",
    start="vl_rethinker:hesitant",
    arms={"forced": "vl_rethinker:rethinking", "unforced": "vl_rethinker:unforced"},
    budget="updates",
    criteria=(
        # A tenth of the answers: more than seeds differ in.
        Criterion(
            "forced looks again more often, with nobody forcing it",
            better="forced",
            worse="unforced",
            metrics=("completion/second_thoughts",),
            least=0.1,
        ),
        Criterion(
            "forced does not end below unforced", better="forced", worse="unforced", least=-0.02
        ),
    ),
)
