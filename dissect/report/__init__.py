"""The dissection report: a folder with a page to look at and every number to compute with."""

from dissect.report.writing import write_report

__all__ = ["write_report"]
