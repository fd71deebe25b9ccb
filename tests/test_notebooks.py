"""The notebooks of examples: short, small where they are asked to be, and with pages that show the code of now.

The site's build (``./lab docs``) plays each whose page is not kept; those whose page is kept are played here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from docs.making import notebooks
from docs.making.notebooks import EXAMPLES, NAMES, PAGES, SIZE, cells_of, played

LINES = 60
KEPT = [name for name in NAMES if (PAGES / f"{name}.md").is_file()]


@pytest.mark.slow
@pytest.mark.parametrize("name", KEPT)
def test_a_notebook_plays_and_shows_something(name: str) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        shown = [each for _, each in played(name, small=True) if each is not None]
    finally:
        torch.set_num_threads(threads)
    assert any(each.printed or each.words for each in shown)
    assert any(each.png for each in shown)


@pytest.mark.parametrize("name", KEPT)
def test_a_page_that_is_kept_shows_the_code_of_now(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert re.findall(r"^```python\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE) == [
        cell.source for cell in cells_of(name) if not cell.text
    ]
    assert all(cell.source in page for cell in cells_of(name) if cell.text)
    for picture in re.findall(r"\]\(([^)]+\.png)\)", page):
        assert (PAGES / picture).stat().st_size > 0


def test_a_small_size_takes_the_place_of_the_size() -> None:
    assert SIZE.sub(r"\1\3", "ROUNDS = 2_000  # small: 3\nX = 1  # one") == "ROUNDS = 3\nX = 1  # one"


def test_a_cell_shows_what_it_prints_and_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "EXAMPLES", tmp_path)
    code = "N = 9  # small: 2\nprint(N)\nN + 1"
    (tmp_path / "one.py").write_text(f"# %% [markdown]\n# # A title\n#\n# Words.\n\n# %%\n{code}\n")
    page, pictures = notebooks.page_of("one", small=True)
    assert page.startswith(f"# A title\n\nWords.\n\n```python\n{code}\n```\n\n```text\n2\n3\n```\n")
    assert pictures == {}
    assert "```text\n9\n10\n```" in notebooks.page_of("one", small=False)[0]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_enough_to_start_from(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    code = [line for cell in cells_of(name) if not cell.text for line in cell.source.splitlines() if line.strip()]
    assert len(code) < LINES
    assert cells_of(name)[0].text
    assert SIZE.search(source), "no size that tests can make small"
