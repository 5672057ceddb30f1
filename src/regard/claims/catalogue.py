"""The claims there are, by system."""

from __future__ import annotations

from regard.claims.claim import Claim
from regard.claims.vl_rethinker import VL_RETHINKER, VL_RETHINKER_FORCED
from regard.claims.vlm_r1 import VLM_R1, VLM_R1_LENGTH
from regard.errors import ConfigError, nearest

CLAIMS = {
    claim.system: claim for claim in (VL_RETHINKER, VL_RETHINKER_FORCED, VLM_R1, VLM_R1_LENGTH)
}


def find(system: str) -> Claim:
    """The claim of this system."""
    if system not in CLAIMS:
        raise ConfigError(f"no claim is called '{system}'; {nearest(system, CLAIMS)}")
    return CLAIMS[system]
