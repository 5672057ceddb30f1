"""Where policy and reward meet: groups of completions, sampled and scored."""
