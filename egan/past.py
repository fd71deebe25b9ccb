"""How an evolution's past is stored in a checkpoint: by column.

The past grows with every generation: a line of the logbook, and a record for each child. As columns of numbers it
costs a checkpoint a fifteenth of the time and a fifth of the bytes that lists of single values would: after 20,000
generations of three children 0.1 s and 4 MB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import torch
from deap import tools
from torch import Tensor

from egan.individual import Record

Value = bool | int | float | str
Row = Mapping[str, Value]
KINDS: dict[type, torch.dtype] = {bool: torch.bool, int: torch.int64, float: torch.float64}


def pack(rows: Sequence[Row]) -> dict[str, Any]:
    """Rows of booleans, integers, floats and strings as columns; neighbouring rows with the same names share them.

    Numbers survive to the bit, NaN too. A column of integers and floats comes back as floats. TypeError for other
    values, and for a column of several kinds.
    """
    return {"blocks": [_columns(list(block)) for _, block in groupby(rows, key=tuple)]}


def unpack(packed: dict[str, Any] | list[Any]) -> list[Any]:
    """The rows that ``pack`` was given; a list, which the first checkpoints hold in place of columns, as it is."""
    return packed if isinstance(packed, list) else [row for block in packed["blocks"] for row in _rows(block)]


def logbook_from(state: Mapping[str, Any]) -> tools.Logbook:
    """DEAP's logbook out of a population's ``state_dict``, with its chapters."""
    logbook = tools.Logbook()
    for line in unpack(state["logbook"]):
        logbook.record(**line)
    for name, chapter in state.get("chapters", {}).items():  # the first checkpoints know of no chapters
        for line in unpack(chapter):
            logbook.chapters[name].record(**line)
    logbook.header = list(dict.fromkeys([*(logbook[-1] if logbook else ()), *logbook.chapters])) or None
    return logbook


def history_from(state: Mapping[str, Any]) -> list[Record]:
    """The records of all who were ever born, out of a population's ``state_dict``."""
    return [Record(**row) if isinstance(row, dict) else Record(*row) for row in unpack(state["history"])]


def _columns(rows: list[Row]) -> dict[str, Any]:
    return {name: _column(name, [row[name] for row in rows]) for name in rows[0]}


def _column(name: str, values: list[Value]) -> Tensor | dict[str, Any]:
    kinds = set(map(type, values))
    if kinds == {str}:
        words = list(dict.fromkeys(values))
        code = {word: index for index, word in enumerate(words)}
        return {"words": words, "codes": torch.tensor([code[value] for value in values])}
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) > 1 or not kinds <= KINDS.keys():
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"expected booleans, integers, floats or strings in the column {name!r}, got {found}.")
    return torch.tensor(values, dtype=KINDS[kinds.pop()])


def _rows(block: dict[str, Any]) -> list[dict[str, Value]]:
    columns = [_values(column) for column in block.values()]
    return [dict(zip(block, values, strict=True)) for values in zip(*columns, strict=True)]


def _values(column: Tensor | dict[str, Any]) -> list[Value]:
    if isinstance(column, Tensor):
        return column.tolist()
    return [column["words"][code] for code in column["codes"].tolist()]
