"""What is published with: the container's commands, the Space, the notebook, nginx. What can be tried here is tried."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import textwrap
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import tyro

from demos.__main__ import App
from demos.blocks import LabBlocks
from demos.paint.painter import Painter
from demos.serve import served, web_app
from demos.server_address import ServerAddress
from tests.demos.conftest import SERVED, lab_with

pytestmark = SERVED
ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")


def module_at(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_container_starts_as_nobody_special_with_all_that_it_needs() -> None:
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY")]
    kept = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (each for line in copied for each in line):
        assert (ROOT / name).exists(), name
        assert f"!{name}" in kept
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert {name.rstrip("*") for name in packages["find"]["include"]} <= {each for line in copied for each in line}
    user, volume = DOCKERFILE.index("\nUSER lab"), DOCKERFILE.index("\nVOLUME /runs")
    assert DOCKERFILE.rindex("\nRUN") < user < volume < DOCKERFILE.index("\nHEALTHCHECK")


def test_the_command_of_the_container_is_healthy_and_asks_for_the_password(glass: Painter, tmp_path: Path) -> None:
    command = json.loads(re.findall(r"^CMD (.*)$", DOCKERFILE, re.M)[0])
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert command[0] in scripts
    asked = tyro.cli(App, args=command[1:])
    assert (asked.address, asked.runs, asked.password_file) == ("0.0.0.0", Path("/runs"), Path("/run/secrets/gan-lab"))
    healthy = module_at(DEPLOY / "healthy.py")
    lab = lab_with(glass, tmp_path / "runs")
    where = ServerAddress(0, asked.address, password="a long password")
    with served(web_app(lab, where), where) as address:
        assert healthy.main(address) == 0
        assert healthy.main(f"{address}nothing/here") == 0  # the password comes first
    assert healthy.main(address) == 1
    lab.close()


def test_the_space_has_the_lab_and_its_requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path / "kept"))
    found = module_at(DEPLOY / "space" / "app.py")
    assert isinstance(found.demo, LabBlocks)
    assert found.demo.lab.store.runs_folder == tmp_path / "kept"
    found.demo.lab.close()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    taken = (DEPLOY / "space" / "requirements.txt").read_text(encoding="utf-8").split()
    (gradio,) = [each for each in project["dependencies"] if each.startswith("gradio")]
    assert taken == [each for each in project["dependencies"] if each != gradio]
    head = dict(
        line.split(": ", 1)
        for line in (DEPLOY / "space" / "README.md").read_text(encoding="utf-8").split("---")[1].strip().splitlines()
    )
    assert (head["sdk"], head["app_file"], head["license"]) == ("gradio", "app.py", "mit")
    assert gradio.startswith(f"gradio>={'.'.join(head['sdk_version'].split('.')[:2])}")


def test_the_notebook_has_the_cell_of_its_page_and_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = json.loads((DEPLOY / "gan_lab.ipynb").read_text(encoding="utf-8"))["cells"]
    first, last = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    page = (ROOT / "docs" / "howto" / "notebook.md").read_text(encoding="utf-8")
    assert textwrap.indent(first, "    ") in page
    asked: list[dict[str, object]] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(LabBlocks, "launch", lambda self, **settings: asked.append(settings))
    names: dict[str, object] = {}
    exec(first, names)
    exec(last, names)
    assert asked == [{"share": False, "inline": True, "height": 900}]


def test_nginx_takes_the_path_away_that_the_app_is_told_of(tmp_path: Path) -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (line,) = re.findall(r"^#   gan-lab (.*)$", text, re.M)
    asked = tyro.cli(App, args=shlex.split(line))
    assert asked.proxy_headers
    assert f"location {asked.root_path}/ {{" in text
    assert f"proxy_pass http://127.0.0.1:{asked.port}/;" in text
    if shutil.which("nginx") is None:
        pytest.skip("there is no nginx on the path to read the whole of it")
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{ server {{ listen 8099;\n{text} }} }}"
    )
    subprocess.run(["nginx", "-t", "-c", whole, "-p", tmp_path], check=True, capture_output=True, timeout=60)
