"""The notebooks of examples play, at their smallest; pages that are kept show the code that stands there now."""

from __future__ import annotations

import re

import pytest
import torch

from docs.making.notebooks import EXAMPLES, NAMES, PAGES, SIZE, cells_of, played

LINES = 60


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_plays_and_shows_something(name: str) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        shown = [each for _, each in played(name, small=True) if each is not None]
    finally:
        torch.set_num_threads(threads)
    assert any(each.printed or each.words for each in shown)
    assert any(each.png for each in shown)


@pytest.mark.parametrize("name", [name for name in NAMES if (PAGES / f"{name}.md").is_file()])
def test_a_page_that_is_kept_shows_the_code_of_now(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert re.findall(r"^```python\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE) == [
        cell.source for cell in cells_of(name) if not cell.text
    ]
    assert all(cell.source in page for cell in cells_of(name) if cell.text)
    for picture in re.findall(r"\]\(([^)]+\.png)\)", page):
        assert (PAGES / picture).stat().st_size > 0


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_enough_to_start_from(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    code = [line for cell in cells_of(name) if not cell.text for line in cell.source.splitlines() if line.strip()]
    assert len(code) < LINES
    assert cells_of(name)[0].text
    assert SIZE.search(source), "no size that tests can make small"
