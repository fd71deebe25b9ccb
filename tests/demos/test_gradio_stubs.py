"""Gradio's components are made without reading or writing the stubs of an editor."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import gradio
import gradio.component_meta as own
import pytest

from demos.gradio_stubs import NAME, WRITER, WithoutStubs


def test_a_component_is_made_and_its_file_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hasattr(own, NAME)  # another gradio may call it otherwise: then nothing is gained
    spec = WithoutStubs().find_spec(WRITER, gradio.__path__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    read: list[Path] = []
    monkeypatch.setattr(Path, "read_text", lambda path, **_: read.append(path) or "")
    made = module.ComponentMeta("Made", (), {"EVENTS": ["change"], "__module__": __name__})
    assert callable(made.change)
    assert read == []


@pytest.mark.parametrize("name", ["gradio", "gradio.blocks", "torch"])
def test_other_modules_are_found_as_ever(name: str) -> None:
    assert WithoutStubs().find_spec(name, gradio.__path__) is None
