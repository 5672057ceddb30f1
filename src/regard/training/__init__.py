"""Stages of training over one loop, and what they leave in the run folder."""
