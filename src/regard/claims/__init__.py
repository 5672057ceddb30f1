"""Claims: what a paper says, as an experiment that can fail, in minutes on a CPU."""
