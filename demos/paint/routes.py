"""What the Paint tab's page asks the server for, apart from gradio's queue, which would be the slower part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from demos.json_calls import answered
from demos.lab import Lab
from demos.paint.calls import PaintCalls

Question = Callable[[Mapping[str, Any]], dict[str, Any]]


def routes(lab: Lab) -> APIRouter:
    """The routes, to be included in the web application."""
    router = APIRouter(prefix="/lab/paint")
    calls = PaintCalls(lab)
    questions: dict[str, Question] = {
        "model": calls.model,
        "scene": calls.scene,
        "render": calls.render,
        "control": calls.control,
        "strip": calls.strip,
        "explain": calls.explain,
        "test": calls.test,
        "script": calls.script,
    }
    for name, question in questions.items():
        router.add_api_route(f"/{name}", _route(lab, question), methods=["POST"], response_model=None)
    return router


def _route(lab: Lab, question: Question) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        return await answered(request, lab.work, question)

    return route
