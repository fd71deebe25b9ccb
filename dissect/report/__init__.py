"""The dissection report: a folder with a page to look at, every number to compute with, and a script to replay it."""

from dissect.report.comparing import compare_dissection, compare_effect, compare_pictures, verdict
from dissect.report.writing import write_report

__all__ = ["compare_dissection", "compare_effect", "compare_pictures", "verdict", "write_report"]
