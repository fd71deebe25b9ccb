"""The Evolve tab: a population of generators, started with a click and watched while it evolves."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from core_gans.errors import LabError
from demos.evolve.charts import fitness_chart, winners_chart
from demos.evolve.evolving import LONGEST, MOST_PARENTS, Evolving, Look, Wish
from demos.evolve.settings import SETTINGS
from demos.page import Page
from demos.paint.canvas import data_url
from egan.drawing import colours, words
from egan.mutations import MUTATIONS, PAPER

LOOK_SECONDS = 1.0  # between two looks of the page
FORGET_SECONDS = 3600.0  # after which a page that is gone loses its evolution
FIRST_DATA = "ring"
COLOURS = colours(MUTATIONS)
INTRODUCTION = """
<h2>Let generators evolve</h2>
<p>In <b>E-GAN</b> every parent has one child per <b>mutation</b>: a step of learning towards another goal. The
discriminator judges how real the children look and how diverse they are; the fittest survive. Start one and watch
which mutation wins.</p>
"""
WORDS = {
    "preparing": "Preparing the data and the first look of the judge …",
    "evolving": "Evolving",
    "concluding": "Writing the pictures and asking the judge …",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "It did not work out",
}


def stage_of(look: Look | None) -> str:
    """What is shown of an evolution, as HTML; an invitation where there is none."""
    if look is None:
        return '<div class="stage empty"><p>Nothing is evolving yet. The defaults are a good start.</p></div>'
    picture = ""
    if look.picture is not None:
        picture = f'<img src="{data_url(look.picture)}" alt="Samples of the best survivor">'
    charts = ""
    if look.course is not None:
        charts = fitness_chart(look.course, COLOURS) + winners_chart(look.course, COLOURS)
    return (
        f'<div class="stage" data-phase="{look.phase}" data-generation="{look.generation}">'
        f'<div class="samples">{picture}{_caption(look)}</div>'
        f'<div class="course">{_status(look)}{_winners(look.wins)}{charts}{_verdict(look)}</div></div>'
    )


def _caption(look: Look) -> str:
    if look.picture is None:
        return ""
    if look.wish.data == "ring":
        return "<p>Samples in blue, the data in grey.</p>"
    return "<p>Samples of the best survivor: always the same latents.</p>"


def _status(look: Look) -> str:
    share = 100 * min(1.0, look.seconds / look.wish.seconds)
    if look.phase == "failed":
        return f'<p class="status"><b>{WORDS["failed"]}.</b> {escape(look.trouble)}</p>'
    count = f"generation {look.generation:,} · {look.seconds:.0f} of {look.wish.seconds:g} s" if look.generation else ""
    return (
        f'<p class="status"><b>{WORDS[look.phase]}</b> {count}</p>'
        f'<div class="meter"><span style="width:{share:.1f}%"></span></div>'
    )


def _winners(wins: Mapping[str, int]) -> str:
    total = sum(wins.values())
    if not total:
        return ""
    parts = sorted(wins.items(), key=lambda win: -win[1])
    bar = "".join(f'<span style="flex:{count};background:{COLOURS[name]}"></span>' for name, count in parts)
    names = "".join(
        f'<li><i style="background:{COLOURS[name]}"></i>{escape(words(name))} <b>{count / total:.0%}</b></li>'
        for name, count in parts
    )
    return f'<div class="winners"><div class="share-bar">{bar}</div><ul>{names}</ul></div>'


def _verdict(look: Look) -> str:
    if not look.after:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th>'
        f"<td>{look.before[name]:.3g}</td><td>{value:.3g}</td></tr>"
        for name, value in look.after.items()
    )
    return (
        '<table class="changes"><caption>An independent judge, which knows the data but not the discriminator</caption>'
        f"<thead><tr><th>measure</th><th>before</th><th>after</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def evolve_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    workshop = page.lab.workshop
    state = gr.State(None, time_to_live=FORGET_SECONDS, delete_callback=_forget)
    timer = gr.Timer(LOOK_SECONDS, active=False)
    gr.HTML(INTRODUCTION, elem_classes="introduction")
    with gr.Row(elem_classes="studio evolution"):
        with gr.Column(elem_classes="tools", scale=3, min_width=250):
            data = gr.Radio(list(SETTINGS), value=FIRST_DATA, label="Data", elem_id="data")
            about = gr.HTML(_about(FIRST_DATA), elem_classes="about")
            mutations = gr.CheckboxGroup(
                [(words(name).capitalize(), name) for name in MUTATIONS],
                value=[each.name for each in PAPER],
                label="Mutations",
                elem_id="mutations",
            )
            parents = gr.Slider(1, MOST_PARENTS, 1, step=1, label="Parents that survive", elem_id="parents")
            gamma = gr.Slider(0, 1, SETTINGS[FIRST_DATA].gamma, step=0.01, label="Weight of diversity (γ)",
                              elem_id="gamma")  # fmt: skip
            seconds = gr.Slider(10, LONGEST, SETTINGS[FIRST_DATA].seconds, step=10, label="Seconds", elem_id="seconds")
            with gr.Row(elem_classes="start-stop"):
                start = gr.Button("Start", variant="primary", elem_id="start")
                stop = gr.Button("Stop", interactive=False, elem_id="stop")
                keep = gr.Button("Keep", interactive=False, elem_id="keep")
            kept = gr.HTML("", elem_id="kept")
        with gr.Column(scale=9, min_width=320):
            stage = gr.HTML(stage_of(None), elem_id="stage")

    shown = [state, stage, timer, start, stop, keep, kept]

    def show(evolving: Evolving | None) -> tuple[Any, ...]:
        look = None if evolving is None else evolving.look
        running = evolving is not None and evolving.running
        return (
            evolving,
            stage_of(look),
            gr.Timer(active=running),
            gr.Button(interactive=not running),
            gr.Button(interactive=running),
            gr.Button(interactive=look is not None and look.phase != "failed" and not (evolving and evolving.kept)),
            _kept(evolving),
        )

    def begin(
        evolving: Evolving | None, data: Any, mutations: Any, parents: Any, gamma: Any, seconds: Any
    ) -> tuple[Any, ...]:
        try:
            wish = wished(data, mutations, parents, gamma, seconds)
            if evolving is not None and evolving.running:
                raise LabError("one evolution is running on this page already: stop it first.")
            fresh = workshop.start(wish)
        except (ValueError, LabError) as error:
            gr.Warning(str(error))
            return show(evolving)
        _forget(evolving)
        return show(fresh)

    def end(evolving: Evolving | None) -> tuple[Any, ...]:
        if evolving is not None:
            evolving.stop()
        return show(evolving)

    def hold(evolving: Evolving | None) -> tuple[Any, ...]:
        if evolving is not None:
            evolving.keep()
        return show(evolving)

    def choose(data: Any) -> tuple[Any, ...]:
        if data not in SETTINGS:
            return gr.skip(), gr.skip(), gr.skip()
        return _about(data), SETTINGS[data].gamma, SETTINGS[data].seconds

    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    data.input(choose, data, [about, gamma, seconds], **private)
    start.click(begin, [state, data, mutations, parents, gamma, seconds], shown, **private)
    stop.click(end, state, shown, **private)
    keep.click(hold, state, shown, **private)
    timer.tick(show, state, shown, **private)


def wished(data: Any, mutations: Any, parents: Any, gamma: Any, seconds: Any) -> Wish:
    """A wish from what came from the browser, which may be anything. ValueError says what is wrong with it."""
    if not isinstance(data, str):
        raise ValueError(f"expected a data set out of {', '.join(SETTINGS)}, got {data!r}")
    if not isinstance(mutations, list) or not all(isinstance(name, str) for name in mutations):
        raise ValueError(f"expected a list of mutations, got {mutations!r}")
    for name, number in (("parents", parents), ("weight of diversity", gamma), ("seconds", seconds)):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f"expected a number for {name}, got {number!r}")
    return Wish(data, tuple(dict.fromkeys(mutations)), int(parents), float(gamma), float(seconds))


def _about(data: str) -> str:
    return f"<p>{escape(SETTINGS[data].about)}</p>"


def _kept(evolving: Evolving | None) -> str:
    if evolving is None or not evolving.kept:
        return ""
    if evolving.look.folder is None:
        return "<p>The run will be kept when it is over.</p>"
    return f"<p>Kept in <code>{escape(str(evolving.look.folder))}</code></p>"


def _forget(evolving: Evolving | None) -> None:
    """A page is gone, or has begun another evolution."""
    if evolving is not None:
        evolving.discard()
