"""What stands in README and docs runs: Python that stands alone is executed, commands are read by their parsers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

import core_gans.commands
import dissect.commands
import egan
import egan.commands
from core_gans.commands.dispatch import read
from demos import guard, password
from demos.app import TABS
from demos.exploring.routes import LONGEST
from demos.server_address import PORT
from demos.uploads import LARGEST_FILE, MOST_PIXELS
from dissect.commands.findings import FindingsCommand
from dissect.findings.gathering import ATTRIBUTED, CAUSAL, PLACED
from dissect.findings.removal import TRIALS

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md",
    *(page for each in ("", "tutorials", "howto") for page in sorted((ROOT / "docs" / each).glob("*.md"))),
)
PROGRAMS = {
    "core-gans": ("core-gans", core_gans.commands.COMMANDS),
    "egan": ("egan", egan.commands.COMMANDS),
    "dissect": ("dissect", dissect.commands.COMMANDS),
}
PROGRAMS |= {name.replace("-", "_"): found for name, found in PROGRAMS.items()}


def blocks() -> list[tuple[str, str]]:
    """Page and code of every block of Python that imports what it uses."""
    found = []
    for page in PAGES:
        for code in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M):
            if re.match(r"(import|from) ", code):
                found.append((page.name, code))
    return found


def commands() -> list[str]:
    """Every line of a command, in a block of its own or in backticks, with its continued lines."""
    found: set[str] = set()
    for page in PAGES:
        text = re.sub(r"\\\n\s*", " ", page.read_text(encoding="utf-8"))
        lines = re.findall(r"^ {4}((?:core-gans|egan|dissect|python -m (?:core_gans|egan|dissect)) .*)$", text, re.M)
        lines += re.findall(r"^((?:core-gans|egan|dissect|python -m (?:core_gans|egan|dissect)) [a-z].*)$", text, re.M)
        quoted = re.findall(r"`((?:core-gans|egan|dissect) [a-z][^`\n]*)`", text)
        found |= {re.sub(r"\s{3,}.*|\s+#.*", "", line).strip() for line in lines}
        found |= set(quoted)
    return sorted(line for line in found if not re.search(r"[A-Z]{4,}|\||\[", line))  # RUN, FIELD: names of nothing


def write_own_code(folder: Path) -> None:
    """The files of one's own that commands name: an objective, a game and a generator, as the tutorials show them."""
    for page, names in {"write_a_variant": ("my_losses.py", "my_gans.py"), "own_generator": ("my_module.py",)}.items():
        text = (ROOT / "docs" / "tutorials" / f"{page}.md").read_text(encoding="utf-8")
        for name, code in zip(names, re.findall(r"^```python\n(.*?)^```", text, re.S | re.M), strict=False):
            (folder / name).write_text(code)


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_docs_is_read(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    write_own_code(tmp_path)
    words = shlex.split(line.removeprefix("python -m "))
    program, known = PROGRAMS[words[0]]
    assert words[1] in known, line
    if len(words) == 2:
        return  # the command's name alone
    command: Any = read(known[words[1]], f"{program} {words[1]}", words[2:])
    assert command.run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_beside_every_picture_stands_the_command_that_makes_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = re.findall(r"^!\[.*\]\((.+)\)$", text, re.M)
    told = re.findall(r"((?:^!\[.*\]\(.+\)\n\n)+)\((.*)", text, re.M)
    made = [pictures for pictures, words in told if re.search(r"`(python|core-gans|egan|dissect) ", words)]
    assert "".join(made).count("![") == len(shown), f"beside one of {shown} stands no command that makes it"
    assert all((page.parent / each).is_file() for each in shown)


SMALL = [(r"\b500, rng=rng", "3, rng=rng"), (r"latents\(200", "latents(8"), (r"ablate\(choose_units\(found, .tree.\)\)",
         "ablate([3])"), (r"data, 2_000", "data, 200"), (r"count=2_000", "count=200"),
         (r"latent_steps=100, feature_steps=150", "latent_steps=2, feature_steps=2")]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "code"), blocks(), ids=[f"{page}-{number}" for number, (page, _) in enumerate(blocks())]
)
def test_python_of_the_docs_runs(page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for long, short in SMALL:
        code = re.sub(long, short, code)
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(200, 1, 32, 32, generator=rng) * 2 - 1
    exec(compile(code, page, "exec"), {"rng": rng, "images": images, "sampler": lambda count: images[:count]})


def test_the_limits_that_the_page_of_the_app_tells_are_those_of_the_code() -> None:
    told = " ".join((ROOT / "docs" / "app.md").read_text(encoding="utf-8").split())
    mega = 2**20
    kilo, gradio = guard.LONGEST_CALL // 1024, guard.LONGEST_GRADIO // mega
    assert f"A call brings at most {kilo} kB, one of gradio's at most {gradio} MB" in told
    most = (LONGEST["/lab/explore/translate"] - guard.LONGEST_CALL) // mega
    assert f"has at most {LARGEST_FILE // mega} MB (its call, as base64, {most} MB)" in told
    side = int(MOST_PIXELS**0.5)
    assert f"more than {side} x {side} pixels" in told
    assert (password.TRIES, password.PAUSE, password.ALL_TRIES, password.SLOW) == (5, 300, 50, 2)
    assert "five wrong passwords from one address there is a pause of five minutes" in told
    assert "after fifty from all together every login takes two seconds" in told
    assert set(re.findall(r"- \*\*(\w+)\*\*:", told)) == set(TABS)
    assert f"http://127.0.0.1:{PORT}/" in told
    assert all(option in told for option in ("--runs", "--address", "--password-file", "--names", "--root-path"))


def test_the_numbers_of_the_page_on_dissection_are_those_of_the_command() -> None:
    told = " ".join((ROOT / "docs" / "dissection.md").read_text(encoding="utf-8").split())
    command = FindingsCommand()
    assert f"takes {command.images} images and finds units on half of them" in told
    assert f"on the first {ATTRIBUTED} of these that show the class; judged are {CAUSAL} of the others" in told
    assert f"lowest to highest of {TRIALS} sets" in told
    assert f"at most {PLACED} places of each kind" in told
    assert f"the {command.share:.0%} most causal units" in told
