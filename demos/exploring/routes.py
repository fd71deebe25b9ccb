"""The routes of the Explore tab: POST /lab/explore/NAME, one for each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from fastapi import APIRouter, Request, Response

from demos.guard import LONGEST_CALL
from demos.json_calls import CallError, answered
from demos.lab import Lab
from demos.uploads import LARGEST_FILE

LONGEST = {"/lab/explore/translate": LONGEST_CALL + 2 * LARGEST_FILE}  # bytes; it brings a picture's file as base64


def routes(lab: Lab) -> APIRouter:
    """The routes, to be included in the web application."""
    router = APIRouter(prefix="/lab/explore")

    @cache
    def calls() -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        from demos.exploring.calls import ExploreCalls  # with all that explores a model: not before somebody asks

        return ExploreCalls(lab).by_name

    @router.post("/{name}")
    async def call(name: str, request: Request) -> Response:
        def make(asked: dict[str, Any]) -> Any:
            if name not in calls():
                raise CallError(404, f"there is no such call: expected one of {', '.join(calls())}.")
            return calls()[name](asked)

        return await answered(request, lab.work, make)

    return router
