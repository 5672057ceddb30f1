"""What differs between model families, a file for each.

A family is registered by the model types of its configurations (`@family("qwen2_vl")`); adding one
is adding a file here, or an entry point of the group `regard.models.families` elsewhere.
"""

from regard.models.families.family import Family, Size, check_aspect, family_of

__all__ = ["Family", "Size", "check_aspect", "family_of"]
