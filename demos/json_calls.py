"""What the pages' own scripts ask the server for: JSON in, JSON out, an error answered with one line.

Who may ask, and with how many bytes, is for the guard (guard.py) to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import Response

from core_gans.foundation.errors import LabError
from demos.job_queue import BusyError, Work

LONGEST_LINE = 400  # characters of an error


class CallError(LabError):
    """A request that is refused; ``status`` is the answer's."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


async def answered(request: Request, work: Work, make: Callable[[dict[str, Any]], Any]) -> Response:
    """The answer to a POST: what ``make`` returns for the object that came, made when ``work`` has time for it.

    A mistake that ``make`` finds in it (ValueError, TypeError, OSError) is answered with ``{"error": one line}`` and
    status 200: it is for the person to read, and a browser would write any other status on its console. 400 for what is
    no JSON object; 503 where too many wait. What ``make`` returns may be a ``Response`` of its own, too.
    """
    try:
        asked = await read_json(request)
        made = await work.done(make, asked)
    except CallError as error:
        return refusal(error.status, str(error))
    except BusyError as error:
        return refusal(503, str(error))
    except (ValueError, TypeError, OSError) as error:
        return refusal(200, str(error))
    return made if isinstance(made, Response) else answer(made)


async def read_json(request: Request) -> dict[str, Any]:
    """The object that ``request`` brings; its numbers are finite. CallError with 400 for what is no JSON object."""
    try:
        found = json.loads(await request.body(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:  # of bytes that are no text, too
        raise CallError(400, "expected a JSON object, got something that is no JSON.") from error
    if not isinstance(found, dict):
        raise CallError(400, "expected a JSON object, got JSON of another kind.")
    return found


def answer(content: Any, status: int = 200) -> Response:
    """``content`` as JSON, not to be kept by the browser. ValueError for numbers that JSON does not know."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return Response(text, status, {"Cache-Control": "no-store"}, "application/json")


def refusal(status: int, line: str) -> Response:
    """``{"error": line}``, kept to one line of a reasonable length."""
    words = " ".join(line.split())
    return answer({"error": words if len(words) <= LONGEST_LINE else words[: LONGEST_LINE - 1] + "…"}, status)


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
