"""The app's page with all that its tabs bring along, so that it is whole however it is served.

``launch`` (a notebook, a Space's app.py) and ``mount`` (an application of one's own, and ``demos.serve``) build the
same application of the same parts: gradio's routes, the tabs' routes, the guard around both, and how answers travel.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.blocks import BlockFunction
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from demos.delivery import DELIVERY
from demos.guard import Guard
from demos.lab import Lab
from demos.loops import within_a_loop
from demos.pictures import refuse_large_pictures
from demos.server_address import ADDRESS, hosts_of
from demos.tab import Tab
from demos.theme import look

TUNNEL = "*.gradio.live"  # names that gradio alone gives out, so that none is made to point at this computer


class LabBlocks(gr.Blocks):
    """The page of ``lab``, whose parts are ``tabs``. Filled by ``demos.app.build``."""

    def __init__(self, lab: Lab, tabs: Sequence[Tab], **settings: Any) -> None:
        super().__init__(**settings)
        self.lab, self.tabs = lab, tabs

    def parts(self) -> dict[str, Any]:
        """What gradio's ``app_kwargs`` takes: the tabs' routes, behind the guard."""
        longest = {path: most for tab in self.tabs for path, most in tab.longest.items()}
        return {
            "routes": [route for tab in self.tabs if tab.routes is not None for route in tab.routes(self.lab).routes],
            "middleware": [*DELIVERY, Middleware(Guard, longest)],
            "openapi_url": None,
        }

    def look(self) -> dict[str, Any]:
        """The theme and the style sheets."""
        return look(sorted(tab.css for tab in self.tabs if tab.css is not None))

    def _looking(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """``settings`` with the look of the app where they have none; a head of their own comes behind the app's."""
        look = self.look()
        return {**look, **settings, "head": look["head"] + (settings.get("head") or "")}

    def mount(self, app: FastAPI, path: str, **settings: Any) -> FastAPI:
        """``app``, which now shows the page below ``path``; ``settings`` are those of ``gr.mount_gradio_app``."""
        refuse_large_pictures()
        settings = {"show_error": False, "ssr_mode": False, **self._looking(settings), "app_kwargs": self.parts()}
        return within_a_loop(lambda: gr.mount_gradio_app(app, self, path=path, **settings))

    def launch(self, *args: Any, names: Sequence[str] = (), **settings: Any) -> Any:
        """Serve the page by gradio's own server; the arguments are those of ``gr.Blocks.launch``.

        It answers to the names of the computer that it listens on, as ``demos.serve`` does, to that of a Space, of
        gradio's own tunnel (``share=True``), and to further ``names``: of a notebook's proxy, say.
        """
        refuse_large_pictures()
        given = inspect.signature(gr.Blocks.launch).bind_partial(self, *args, **settings).arguments
        address = given.get("server_name") or os.environ.get("GRADIO_SERVER_NAME", ADDRESS)
        space = [os.environ["SPACE_HOST"]] if os.environ.get("SPACE_HOST") else []
        parts = self.parts()
        trusted = Middleware(TrustedHostMiddleware, allowed_hosts=hosts_of(address, [*names, *space, TUNNEL]))
        parts["middleware"] = [trusted, *parts["middleware"]]
        own = {**(settings.pop("app_kwargs", None) or {}), **parts}
        return super().launch(*args, **{"ssr_mode": False, **self._looking(settings), "app_kwargs": own})

    def close(self, *args: Any, **settings: Any) -> None:
        """End the server of ``launch``, and what runs in the background."""
        super().close(*args, **settings)
        self.lab.close()

    def block_thread(self) -> None:
        """Wait for Ctrl-C, which ends the server of ``launch``; then end what runs in the background."""
        super().block_thread()
        self.lab.close()

    async def process_api(self, block_fn: BlockFunction | int, inputs: list[Any], *args: Any, **named: Any) -> Any:
        """As gradio does, but what a program leaves out of a public call is filled in by the call's own defaults."""
        found = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        if found.api_visibility == "public" and found.fn is not None:
            inputs = filled_in(found.fn, inputs)
        return await super().process_api(found, inputs, *args, **named)


def filled_in(call: Any, given: Sequence[Any]) -> list[Any]:
    """``given`` and the defaults of the parameters of ``call`` that it leaves out. gr.Error for too few or too many."""
    signature = inspect.signature(call)
    try:
        bound = signature.bind(*given)
    except TypeError as error:
        names = ", ".join(str(each).replace("'", "") for each in signature.parameters.values())
        raise gr.Error(
            f"expected the inputs [{names}], in this order, got {len(given)}", print_exception=False
        ) from error
    bound.apply_defaults()
    return list(bound.args)
