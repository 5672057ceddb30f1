"""Pages that open without a server: the report of a run folder, the contact sheet of a world."""

from regard.viewer.contact_sheet import write_contact_sheet
from regard.viewer.report import open_report, write_report

__all__ = ["open_report", "write_contact_sheet", "write_report"]
