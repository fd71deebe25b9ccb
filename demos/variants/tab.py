"""The tab, laid out and connected."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from core_gans.foundation.html import tag
from core_gans.variants import VARIANTS
from demos.job_queue import LISTENER
from demos.page import Page, told
from demos.tab import Tab
from demos.variants.html import side_by_side_html
from demos.variants.routes import routes
from demos.variants.settings import DATA
from demos.variants.side_by_side import LONGEST, MOST, USUAL, SideBySide, TrainingRequest
from demos.variants.telling import TOLD
from demos.variants.theory import frames, theory_html

LOOK_SECONDS = 1.0  # between two questions of the page
FIRST = ("gan", "wgan_gp")
INTRODUCTION = """
<h2>One game, many rules.</h2> <p>Every GAN is a game between two networks. What differs is what they <b>minimise</b>,
and what holds the discriminator back. Read a rule, see what gradient it gives the generator, and compare rules side by
side.</p>
"""
READING: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_id": "variants",
    "concurrency_limit": None,
}


class PageJob:
    """What a page trains side by side, if there is anything."""

    def __init__(self) -> None:
        self.job: SideBySide | None = None

    def forget(self) -> None:
        if self.job is not None:
            self.job.stop()


def variants_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    jobs, sessions, work = page.lab.side_by_side, page.lab.sessions, page.lab.work
    gr.HTML(INTRODUCTION, elem_classes="introduction")
    with gr.Tabs(selected="objectives", elem_id="survey") as survey:
        with gr.Tab("Objectives", id="objectives"):
            script = files("demos.variants").joinpath("cards.js").read_text(encoding="utf-8")
            all_cards = gr.HTML(_coming("cards"), js_on_load=script, apply_default_css=False, elem_id="cards")
        with gr.Tab("Gallery", id="gallery"):
            gr.HTML(_coming("gallery"), js_on_load=script, apply_default_css=False, elem_id="gallery")
        with gr.Tab("Side by side", id="training", render_children=True), gr.Row(elem_classes="panels trying"):
            with gr.Column(elem_classes="tools", scale=3, min_width=250):
                data = gr.Radio(list(DATA), value="ring", label="Data", elem_id="training-data")
                about = gr.HTML(_about("ring"), elem_classes="about")
                chosen = gr.CheckboxGroup(
                    [(TOLD[name].title, name) for name in TOLD if name in VARIANTS],
                    value=list(FIRST),
                    label=f"Variants, up to {MOST}",
                    elem_id="training-variants",
                )
                seconds = gr.Slider(5, LONGEST, USUAL, step=5, label="Seconds for each", elem_id="training-seconds")
                with gr.Row(elem_classes="start-stop"):
                    # Until the page has its name, nothing can be started under it.
                    start = gr.Button("Train", variant="primary", interactive=False, elem_id="training-start")
                    stop = gr.Button("Stop", interactive=False, elem_id="training-stop")
            with gr.Column(scale=9, min_width=320):
                drawn = gr.HTML(side_by_side_html(None), elem_id="training-stage")
        with gr.Tab("Theory", id="theory") as theory_page:
            theory = theory_html()
    timer = gr.Timer(LOOK_SECONDS, active=False)
    shown = [drawn, timer, start, stop]

    def job_of(token: Any) -> PageJob:
        return sessions.of(token, "variants", PageJob)

    def show(job: SideBySide | None) -> list[Any]:
        running = job is not None and job.running
        return [
            side_by_side_html(None if job is None else job.snapshot),
            gr.Timer(active=running),
            gr.Button(interactive=not running),
            gr.Button(interactive=running),
        ]

    def snapshot(token: Any) -> list[Any]:
        with told():
            return show(job_of(token).job)

    def begin(token: Any, data: Any, variants: Any, seconds: Any) -> list[Any]:
        with told():
            mine = job_of(token)
            if mine.job is not None and mine.job.running:
                raise ValueError("a training is running on this page already: stop it first.")
            request = TrainingRequest.read({"data": data, "variants": variants, "seconds": seconds})
            mine.job = jobs.start(SideBySide(request))
            return show(mine.job)

    def end(token: Any) -> list[Any]:
        with told():
            mine = job_of(token)
            mine.forget()
            return show(mine.job)

    def restore(token: str) -> list[Any]:
        job = job_of(token).job
        if job is None:
            return [*show(None), gr.skip(), gr.skip(), gr.skip(), gr.skip(), gr.skip()]
        request = job.request
        opened = gr.Tabs(selected="training")
        return [*show(job), request.data, _about(request.data), list(request.variants), request.seconds, opened]

    def add(event: gr.EventData, variants: Any) -> tuple[Any, Any]:
        """A card asks to be trained: it joins the others, and takes the last one's place where there is none left."""
        sent = event._data if isinstance(event._data, dict) else {}
        name = sent.get("variant")
        if not isinstance(name, str) or name not in VARIANTS:
            raise gr.Error("this variant cannot be trained here.", print_exception=False)
        kept = [each for each in variants if each in VARIANTS and each != name] if isinstance(variants, list) else []
        return [*kept[: MOST - 1], name], gr.Tabs(selected="training")

    def integrate() -> str:
        with told():
            return work.do(frames)

    page.on_entry(restore, [*shown, data, about, chosen, seconds, survey])
    data.input(lambda name: _about(name), data, about, **READING)
    start.click(begin, [page.token, data, chosen, seconds], shown, **READING)
    stop.click(end, page.token, shown, **READING)
    timer.tick(snapshot, page.token, shown, **READING)
    all_cards.train(add, chosen, [chosen, survey], **READING)
    theory_page.select(integrate, None, theory, show_progress="hidden", **LISTENER)


def _coming(part: str) -> str:
    """What stands in the place of the cards, or the gallery, until it is fetched."""
    return tag("div", "Coming …", class_="coming", role="status", data_part=part)


def _about(data: Any) -> str:
    known = DATA.get(data) if isinstance(data, str) else None
    return "" if known is None else tag("p", f"{known.about} {known.quick}")


TAB = Tab("Variants", variants_tab, css=Path(__file__).with_name("variants.css"), routes=routes)
