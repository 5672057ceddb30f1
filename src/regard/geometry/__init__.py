"""Boxes, points and sizes: every number in a frame, every change of frame a step with a name."""
