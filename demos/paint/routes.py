"""What the Paint tab's page asks the server for, apart from gradio's queue, which would be the slower part."""

from __future__ import annotations

from fastapi import APIRouter

from demos.lab import Lab


def routes(lab: Lab) -> APIRouter:
    """The routes, to be included in the web application."""
    del lab
    return APIRouter(prefix="/lab/paint")
