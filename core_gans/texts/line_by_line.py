"""A text file translated line by line: one line out for each line in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TextIO

from core_gans.data.texts.lines import NAMED
from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import whole_file
from core_gans.game import Nets
from core_gans.games.texts import SentenceTranslation

AT_ONCE = 256  # lines in memory
Progress = Callable[[int], None]  # lines done


@dataclass
class TranslatedLines:
    """What became of a file."""

    lines: int = 0
    empty: int = 0
    """Lines without words: empty lines in the translation, too."""
    long: list[int] = field(default_factory=list)
    """Numbers of the lines that are longer than the model takes; empty lines in the translation."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Words that the model does not know, and how often they stood there."""

    def told(self) -> list[str]:
        """What a person should know, a sentence each."""
        notes = [f"{self.empty:,} empty lines stay empty."] if self.empty else []
        if self.long:
            notes.append(f"{len(self.long):,} lines are longer than the model takes and left empty: {_some(self.long)}")
        return notes + ([unknown_told(self.unknown)] if self.unknown else [])


def translate_lines(
    game: SentenceTranslation,
    nets: Nets,
    source: Path,
    out: Path,
    *,
    beams: int = 1,
    skip_broken: bool = False,
    progress: Progress | None = None,
) -> TranslatedLines:
    """Translate the lines of ``source`` (UTF-8) into the new file ``out``, which is written whole or not at all.

    Empty lines stay empty, so that both files keep in step. LabError for lines that are longer than the model takes,
    unless ``skip_broken`` leaves them empty, and for a file that is no UTF-8. FileExistsError where ``out`` is there.
    """
    if out.exists():
        raise FileExistsError(f"{out} exists already and is kept: choose another name.")
    done = TranslatedLines()
    try:
        with source.open(encoding="utf-8-sig", newline="\n") as file:
            if not skip_broken:
                _require_short(game, source, file)
                file.seek(0)
            out.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(out) as result:
                while part := [line.rstrip("\r\n") for line in islice(file, AT_ONCE)]:
                    for text in _translated(game, nets, part, beams, done):
                        result.write(f"{text}\n".encode())
                    if progress is not None:
                        progress(done.lines)
    except UnicodeDecodeError as error:
        raise LabError(f"{source} is no text in UTF-8: save it as UTF-8.") from error
    return done


def unknown_told(unknown: Counter[str]) -> str:
    """Words that the model does not know, the most frequent first."""
    words = ", ".join(word for word, _ in unknown.most_common(5))
    return f"{unknown.total():,} words are not known to the model ({words}{', ...' if len(unknown) > 5 else ''})."


def _require_short(game: SentenceTranslation, source: Path, file: TextIO) -> None:
    long = [number for number, line in enumerate(file, 1) if len(game.sources.numbers(line)) >= game.source_length]
    if long:
        raise LabError(
            f"{source} has {len(long):,} lines of more than the {game.source_length - 1} {game.level} that the model "
            f"takes ({_some(long)}): shorten them, or leave them empty with --skip-broken."
        )


def _translated(game: SentenceTranslation, nets: Nets, part: list[str], beams: int, done: TranslatedLines) -> list[str]:
    sources = game.sources
    found, places = [""] * len(part), []
    for place, line in enumerate(part):
        done.lines += 1
        count = len(sources.numbers(line))
        if not count:
            done.empty += 1
        elif count >= game.source_length:
            done.long.append(done.lines)
        else:
            places.append(place)
            done.unknown.update(sources.unknown(line))
    if places:
        for place, text in zip(places, game.translate(nets, [part[each] for each in places], beams), strict=True):
            found[place] = text
    return found


def _some(numbers: list[int]) -> str:
    return f"line {', '.join(map(str, numbers[:NAMED]))}{', ...' if len(numbers) > NAMED else ''}"
