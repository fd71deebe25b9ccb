"""How the app looks: a quiet theme with its own colours, light and dark. Nothing is fetched from outside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

SANS = ("Inter", "ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Helvetica Neue", "Arial", "sans-serif")
QUIET, QUIET_DARK = "#6a655b", "#a8a296"  # words that step back; at least 4.5:1 on all that lies behind them
SCRIPTS = ("surfaces.js", "address.js", "kept.js")  # for the whole page
MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace")


def look(sheets: Sequence[Path] = ()) -> dict[str, Any]:
    """What ``mount_gradio_app`` and ``launch`` take to show the app as it is meant, with the tabs' style ``sheets``."""
    home = Path(__file__).parent
    return {
        "theme": theme(),
        "css_paths": [home / "app.css", *sheets],
        "head": "".join(f"<script>{(home / name).read_text(encoding='utf-8')}</script>" for name in SCRIPTS),
        "footer_links": [],
    }


def theme() -> gr.themes.Base:
    """Warm paper and ink, one green accent."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=SANS,
        font_mono=MONO,
    ).set(
        body_background_fill="#faf9f6",
        body_background_fill_dark="#171614",
        body_text_color="#26241f",
        body_text_color_dark="#e9e6df",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_shadow="none",
        block_padding="0px",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_600",
        button_primary_text_color="white",
        slider_color="*primary_600",
        body_text_color_subdued=QUIET,
        body_text_color_subdued_dark=QUIET_DARK,
        block_info_text_color=QUIET,
        block_info_text_color_dark=QUIET_DARK,
        input_placeholder_color=QUIET,
        input_placeholder_color_dark=QUIET_DARK,
    )
