"""What the Paint tab's page asks the server for, apart from gradio's queue, which would be the slower part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from demos.json_calls import answered
from demos.lab import Lab
from demos.paint.studio import Studio

Question = Callable[[Mapping[str, Any]], dict[str, Any]]


def routes(lab: Lab) -> APIRouter:
    """The routes, to be included in the web application."""
    router = APIRouter(prefix="/lab/paint")
    studio = Studio(lab)
    questions: dict[str, Question] = {
        "model": studio.model,
        "scene": studio.scene,
        "render": studio.render,
        "control": studio.control,
        "strip": studio.strip,
        "explain": studio.explain,
        "test": studio.test,
        "script": studio.script,
    }
    for name, question in questions.items():
        router.add_api_route(f"/{name}", _route(lab, question), methods=["POST"], response_model=None)
    return router


def _route(lab: Lab, question: Question) -> Callable[[Request], Any]:
    async def route(request: Request) -> Response:
        return await answered(request, lab.work, question)

    return route
