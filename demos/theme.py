"""How the app looks: a quiet theme with its own colours, light and dark. Nothing is fetched from outside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

SANS = ("Inter", "ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Helvetica Neue", "Arial", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace")


def look(sheets: Sequence[Path] = ()) -> dict[str, Any]:
    """What ``mount_gradio_app`` and ``launch`` take to show the app as it is meant, with the tabs' style ``sheets``."""
    home = Path(__file__).parent
    return {
        "theme": theme(),
        "css_paths": [home / "app.css", *sheets],
        "head": f"<script>{(home / 'surfaces.js').read_text(encoding='utf-8')}</script>",
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
    )
