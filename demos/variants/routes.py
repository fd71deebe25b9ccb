"""What the Variants tab asks for when somebody comes to see it: the cards, the gallery, the pictures in both."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from demos.delivery import FOREVER
from demos.json_calls import refusal
from demos.lab import Lab
from demos.variants.cards import cards
from demos.variants.gallery import gallery, picture_of

PARTS = {"cards": cards, "gallery": gallery}


def routes(lab: Lab) -> APIRouter:
    """The routes, to be included in the web application."""
    router = APIRouter(prefix="/lab/variants")

    def part(name: str, request: Request) -> Response:
        """The cards or the gallery as HTML; 304 where the page has it already."""
        if name not in PARTS:
            return refusal(404, "there is nothing of this name.")
        text = PARTS[name]().encode()
        tag = f'"{hashlib.sha256(text).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="text/html", headers=headers)

    def row(digest: str, name: str) -> Response:
        """A row of the gallery; its address holds the hash of its content."""
        found = picture_of(name)
        if found is None or found.digest != digest:
            return refusal(404, "there is no such picture.")
        return Response(found.content, media_type="image/jpeg", headers={"Cache-Control": FOREVER})

    router.add_api_route("/row/{digest}/{name}", row, methods=["GET"], response_model=None)
    router.add_api_route("/{name}", part, methods=["GET"], response_model=None)
    return router
