"""Dissect: which units of a generator draw what, measured, tested and mended from a page."""
