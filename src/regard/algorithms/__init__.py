"""Everything between a score and a loss: pure arithmetic on tokens."""
