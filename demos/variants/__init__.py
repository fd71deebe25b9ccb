"""Variants: the family of objectives as a living page."""
