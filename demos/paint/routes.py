"""What the Paint tab's page asks the server for, apart from gradio's queue, which would be the slower part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from demos.guard import LONGEST_CALL
from demos.json_calls import answered
from demos.json_models import JsonModel
from demos.lab import Lab
from demos.paint.calls import PaintCalls
from demos.paint.own_calls import OwnCalls
from demos.paint.own_pictures import ForgottenError
from demos.paint.shared import SharedCalls, SharedSession
from demos.paint.sketch import (
    EndRequest,
    ModelRequest,
    PictureRequest,
    PlaceRequest,
    PlacesRequest,
    RemovalRequest,
    RenderRequest,
    Sketch,
    StripRequest,
    UploadRequest,
)
from demos.uploads import LARGEST_FILE

M = TypeVar("M", bound=JsonModel)
LONGEST = {"/lab/paint/upload": LONGEST_CALL + 2 * LARGEST_FILE}  # bytes; it brings a picture's file as base64


def routes(lab: Lab) -> APIRouter:
    """The routes, to be included in the web application."""
    router = APIRouter(prefix="/lab/paint")
    calls, own = PaintCalls(lab), OwnCalls(lab)
    for name, route in {
        "model": _route(lab, ModelRequest, calls.model),
        "scene": _route(lab, Sketch, calls.scene),
        "render": _route(lab, RenderRequest, calls.render),
        "control": _route(lab, Sketch, calls.control),
        "strip": _route(lab, StripRequest, calls.strip),
        "explain": _route(lab, PlaceRequest, calls.explain),
        "test": _route(lab, RemovalRequest, calls.test),
        "places": _route(lab, PlacesRequest, calls.places),
        "script": _route(lab, Sketch, calls.script),
        "session": _route(lab, SharedSession, SharedCalls(calls, lab).session),
        "upload": _route(lab, UploadRequest, own.upload),
        "inverting": _route(lab, PictureRequest, own.inverting),
        "end": _route(lab, EndRequest, own.end),
    }.items():
        router.add_api_route(f"/{name}", route, methods=["POST"], response_model=None)
    return router


def _route(lab: Lab, model: type[M], answer: Callable[[M], dict[str, Any]]) -> Callable[[Request], Any]:
    def made(asked: dict[str, Any]) -> dict[str, Any]:
        try:
            return answer(model.read(asked))
        except ForgottenError as error:
            return {"error": str(error), "forgotten": True}  # the page has its pixels, and sends them again

    async def route(request: Request) -> Response:
        return await answered(request, lab.work, made)

    return route
