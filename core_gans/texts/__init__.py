"""Texts: what games of them learn from, how they are judged and watched, and files translated line by line."""

from core_gans.texts.lessons import TextLesson, read_texts
from core_gans.texts.line_by_line import TranslatedLines, translate_lines

__all__ = ["TextLesson", "TranslatedLines", "read_texts", "translate_lines"]
