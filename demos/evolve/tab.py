"""The Evolve tab: populations of generators, started with a click and watched side by side while they evolve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from core_gans.foundation.errors import LabError
from core_gans.foundation.html import tag
from demos.evolve.controls import controls
from demos.evolve.html import stages
from demos.evolve.kept_places import KeptPlaces
from demos.evolve.opening import continuable, opened
from demos.evolve.places import NAMES, EvolutionPlace, EvolutionPlaces
from demos.evolve.recorded import player, routes
from demos.evolve.requests import EvolutionRequest
from demos.evolve.snapshots import EvolutionSnapshot
from demos.glossary import term
from demos.job_queue import LISTENER
from demos.page import Page, told
from demos.tab import Tab

LOOK_SECONDS = 1.0  # between two questions of the page
INTRODUCTION = f"""
<details><summary><h2>Let generators evolve.</h2> Every parent has one child per mutation; the best survive.
<u>More</u></summary><p>In <b>E-GAN</b> a {term("mutation")} is a training step on another objective. The discriminator
judges how real the children look and how diverse they are ({term("gamma", "γ")} weighs that). Start one and watch which
mutation wins, or start two and compare. Every evolution is a run on this computer: pause it, and go on today or next
week, here or on the command line.</p></details>
"""


@dataclass(frozen=True)
class PlaceParts:
    """What the page has for one place: its picture, and the buttons below."""

    head: gr.HTML
    body: gr.HTML
    go: gr.Button
    stop: gr.Button
    away: gr.Button
    throw: gr.Button
    asking: gr.Row
    sure: gr.Button
    spare: gr.Button

    @property
    def shown(self) -> list[Any]:
        return [self.head, self.body, self.go, self.stop, self.away, self.throw, self.asking]


def evolve_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    lab = page.lab
    gr.HTML(INTRODUCTION, elem_classes="introduction")
    with gr.Row(elem_classes="panels evolution", elem_id="evolution"):
        with gr.Column(elem_classes="tools", scale=3, min_width=250):
            asked = controls()
            place = gr.Radio(list(NAMES), value=NAMES[0], label="Place", elem_id="evolve-place")
            # A page has no name yet while it opens.
            start = gr.Button("Start", variant="primary", interactive=False, elem_id="evolve-start")
            with gr.Row(elem_classes="again"):
                kept = gr.Dropdown([], value=None, label="Or open an earlier evolution", elem_id="evolve-kept")
                show = gr.Button("Open", interactive=False, elem_id="evolve-open", scale=0, min_width=76)
        with gr.Column(scale=9, min_width=320):
            script = files("demos.evolve").joinpath("recorded.js").read_text(encoding="utf-8")
            gr.HTML(player(), js_on_load=script, apply_default_css=False, elem_id="evolve-recorded")
            with gr.Row(elem_classes="evolution-places"):
                parts_of = {
                    name: _place_parts(name, empty)
                    for name, (_, empty) in zip(NAMES, stages(dict.fromkeys(NAMES)), strict=True)
                }
    timer = gr.Timer(LOOK_SECONDS, active=False)
    seen = gr.State(None)  # what this page shows already; a reload shows all anew
    shown = [*(output for parts in parts_of.values() for output in parts.shown), timer, seen]

    def places(token: Any) -> EvolutionPlaces:
        def new() -> EvolutionPlaces:
            return EvolutionPlaces(lab.evolutions, KeptPlaces(lab.store.runs_folder, token))

        mine = lab.sessions.of(token, "evolutions", new)
        mine.recall(lambda key: lab.work.do(opened, lab.store, key))
        return mine

    def view(mine: EvolutionPlaces) -> list[Any]:
        mark, snapshots = _mark(mine), _looks(mine)
        outputs: list[Any] = []
        for (head, body), place in zip(stages(snapshots), mine.by_name.values(), strict=True):
            outputs += [head, body, *_buttons(place)]
        return [*outputs, gr.Timer(active=mine.running), mark]

    def tick(token: Any, mark: Any) -> list[Any]:
        with told():
            mine = places(token)
            return [gr.skip()] * len(shown) if mark == _mark(mine) else view(mine)

    def step(do: Callable[..., None]) -> Callable[..., list[Any]]:
        """A listener that does something to the page's places and shows them."""

        def listener(token: Any, *inputs: Any) -> list[Any]:
            with told():
                mine = places(token)
                do(mine, *inputs)
                return view(mine)

        return listener

    def begin(mine: EvolutionPlaces, name: Any, data: Any, paper: Any, more: Any, *others: Any) -> None:
        mutations = paper + more if isinstance(paper, list) and isinstance(more, list) else None
        rest = zip(("parents", "gamma", "seconds", "selection", "fitness"), others, strict=True)
        mine.start(name, EvolutionRequest.read({"data": data, "mutations": mutations, **dict(rest)}))

    def take(mine: EvolutionPlaces, name: Any, key: Any) -> None:
        if key is None:
            raise ValueError("choose an earlier evolution first.")
        mine.put(name, lab.work.do(opened, lab.store, key))

    def restored(token: str) -> list[Any]:
        try:
            mine = places(token)
        except LabError as error:  # a run that is gone, which is told of once: the page opens all the same
            gr.Warning(str(error))
            mine = places(token)
        ready = gr.Button(interactive=True)
        return [*view(mine), gr.Dropdown(choices=continuable(lab.store)), ready, ready, *asked.showing(mine.request)]

    quick: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
    start.click(step(begin), [page.token, place, *asked.all], shown, **quick)
    show.click(step(take), [page.token, place, kept], shown, show_progress="hidden", **LISTENER)
    kept.focus(lambda: gr.Dropdown(choices=continuable(lab.store)), None, kept, **quick)
    for name, parts in parts_of.items():
        _connect(name, parts, page, asked.seconds, shown, step, quick)
    timer.tick(tick, [page.token, seen], shown, concurrency_id="evolve-looks", **quick)
    page.on_entry(restored, [*shown, kept, start, show, *asked.all])


def _connect(
    name: str,
    parts: PlaceParts,
    page: Page,
    seconds: gr.Slider,
    shown: list[Any],
    step: Callable[[Callable[..., None]], Callable[..., list[Any]]],
    quick: dict[str, Any],
) -> None:
    """Connect the buttons of the place ``name``."""
    token = page.token
    parts.go.click(step(lambda mine, more: mine.press(name, more)), [token, seconds], shown, **quick)
    for button, do in (
        (parts.stop, lambda mine: mine.stop(name)),
        (parts.away, lambda mine: mine.put_away(name)),
        (parts.throw, lambda mine: mine.ask(name, True)),
        (parts.spare, lambda mine: mine.ask(name, False)),
        (parts.sure, lambda mine: mine.throw_away(name)),
    ):
        button.click(step(do), [token], shown, **quick)


def _place_parts(name: str, empty: str) -> PlaceParts:
    with gr.Column(elem_id=f"evolve-{name.lower()}", elem_classes="evolution-place", min_width=300):
        head = gr.HTML("")
        with gr.Row(elem_classes="handles"):
            go, stop, away, throw = (
                gr.Button(label, size="sm", visible=False, elem_classes=label.split()[0].lower())
                for label in ("Pause", "Stop", "Put away", "Throw away")
            )
        with gr.Row(elem_classes="asking", visible=False) as asking:
            gr.HTML(tag("p", f"Delete the run in {name} for good, with its checkpoints and pictures?"))
            sure = gr.Button("Delete", size="sm", variant="stop")
            spare = gr.Button("Keep it", size="sm")
        body = gr.HTML(empty)
    return PlaceParts(head, body, go, stop, away, throw, asking, sure, spare)


def _buttons(place: EvolutionPlace) -> list[Any]:
    """The buttons of a place as they are now, and whether it is being asked about deleting."""
    evolving = place.evolving
    if evolving is None:
        return [gr.Button(visible=False)] * 4 + [gr.Row(visible=False)]
    running = evolving.running
    label = "Pause" if running else "Resume" if evolving.snapshot.phase == "paused" else "Continue"
    return [
        gr.Button(label, visible=running or evolving.can_go_on, interactive=not evolving.asked_to_end or not running),
        gr.Button(visible=running, interactive=not evolving.asked_to_end or not running),
        gr.Button(visible=not running),
        gr.Button(visible=evolving.mine),
        gr.Row(visible=place.asked),
    ]


def _looks(mine: EvolutionPlaces) -> dict[str, EvolutionSnapshot | None]:
    return {name: None if place.evolving is None else place.evolving.snapshot for name, place in mine.by_name.items()}


def _mark(mine: EvolutionPlaces) -> list[Any]:
    """Differs whenever something else is to be seen."""
    return [
        None
        if place.evolving is None
        else [place.evolving.folder.name, place.evolving.snapshot.number, place.evolving.running, place.asked]
        for place in mine.by_name.values()
    ]


TAB = Tab("Evolve", evolve_tab, css=Path(__file__).with_name("evolve.css"), routes=routes)
