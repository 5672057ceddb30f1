"""The report: a run folder as one page of curves and rollouts that opens without a server."""

from regard.viewer.report import open_report, write_report

__all__ = ["open_report", "write_report"]
