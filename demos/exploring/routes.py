"""The routes of the Explore tab: POST /lab/explore/NAME, one for each call."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from demos.exploring.calls import ExploreCalls
from demos.exploring.uploads import LARGEST_FILE
from demos.guard import LONGEST_CALL
from demos.json_calls import answered, refusal
from demos.lab import Lab

LONGEST = {"/lab/explore/translate": LONGEST_CALL + 2 * LARGEST_FILE}  # bytes; it brings a picture's file as base64


def routes(lab: Lab) -> APIRouter:
    """The routes, to be included in the web application."""
    router, calls = APIRouter(prefix="/lab/explore"), ExploreCalls(lab).by_name

    @router.post("/{name}")
    async def call(name: str, request: Request) -> Response:
        if name not in calls:
            return refusal(404, f"there is no such call: expected one of {', '.join(calls)}.")
        return await answered(request, lab.work, calls[name])

    return router
