"""Images translated from domain to domain: what the games learn from, how they are watched, and folders of pictures."""

from core_gans.translation.folder import Translated, translate_folder
from core_gans.translation.lessons import Lesson, read_lesson

__all__ = ["Lesson", "Translated", "read_lesson", "translate_folder"]
