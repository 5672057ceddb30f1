"""Models that see: policies, their families, and the attention that reads a prompt once."""
