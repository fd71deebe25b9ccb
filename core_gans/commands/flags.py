"""The flags of a command, read off its own help text: one place that knows how tyro lays that out."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from typing import Any

import tyro


@dataclass(frozen=True)
class Flag:
    """One row of a help text."""

    names: tuple[str, ...]
    """As they are typed: ``--rounds``, or ``--bf16`` and ``--no-bf16``; none of what is given by its place."""
    takes: str
    """``INT``, ``{crop,pad,stretch}`` and the like; empty of a switch."""
    about: str
    default: str | None
    """None where it must be given."""

    @property
    def field(self) -> str:
        """Its name as Python writes it; empty of what is given by its place."""
        return self.names[0].lstrip("-").removeprefix("game-").replace("-", "_") if self.names else ""


def help_text(kind: Any, program: str, **more: Any) -> str:
    """What tyro prints for ``--help`` of the dataclass ``kind``, without colours; ``more`` goes to ``tyro.cli``."""
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")  # where boxes can be written, boxes are
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        tyro.cli(kind, prog=program, args=["--help"], **more)
    said.seek(0)
    return re.sub(r"\x1b\[[0-9;]*m", "", said.read())


def flags_in(text: str) -> dict[str, list[Flag]]:
    """The rows of a help text by the titles of its boxes, without ``--help`` itself."""
    groups: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in text.splitlines():
        if title := re.match(r"╭─ (.*?) ─", line):
            rows = groups.setdefault(title[1], [])
        elif re.match(r"│ ─", line):  # what stood above was about the group
            rows.clear()
        elif inside := re.match(r"│ (.*?)│?$", line):
            if inside[1].startswith(" ") and rows:
                rows[-1].append(inside[1].strip())
            elif inside[1].strip():
                rows.append(re.split(r"\s{2,}", inside[1].strip(), maxsplit=1))
    found = {title: [_flag(*row) for row in rows if not row[0].startswith("-h,")] for title, rows in groups.items()}
    return {title: flags for title, flags in found.items() if flags}


def _flag(called: str, *said: str) -> Flag:
    names = re.match(r"--[\w-]+(?:, --[\w-]+)*", called)
    about = re.sub(r"(\d,) (?=\d{3}\b)", r"\1", " ".join(part for part in said if part))
    default = re.search(r" ?\(default: (.*)\)$", about)
    return Flag(
        tuple(names[0].split(", ")) if names else (),
        called[names.end() :].strip() if names else called,
        about.removesuffix(default[0] if default else "(required)").strip(),
        default[1] if default else None,
    )
