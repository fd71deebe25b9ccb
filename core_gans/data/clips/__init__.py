"""Clips: those that are drawn, whose masks and motion are known exactly, and those in files."""
