"""What to say when a name is not known: the nearest ones that are."""

import difflib
from collections.abc import Iterable


def unknown(kind: str, name: str, known: Iterable[str], *, shown: int = 40) -> str:
    """One line saying that there is no ``kind`` called ``name``, with its nearest neighbours and what there is."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    guess = f"did you mean {' or '.join(repr(other) for other in near)}? " if near else ""
    more = f" and {len(known) - shown} more" if len(known) > shown else ""
    return f"there is no {kind} {name!r}: {guess}there are {', '.join(known[:shown])}{more}"
