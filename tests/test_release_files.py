"""What people look for beside the code: how to cite it, how to tell of a weakness; one version everywhere."""

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def test_the_citation_is_of_this_version_and_licence():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], citation["license"]) == (project["version"], project["license"])
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert set(citation["keywords"]) <= set(project["keywords"])


def test_the_version_stands_in_one_place_beside_the_citation():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for package in ("core_gans", "egan", "dissect", "demos"):
        for path in (ROOT / package).rglob("*.py"):
            assert f'"{version}"' not in path.read_text(encoding="utf-8"), path


def test_the_security_page_names_pages_that_are_there():
    text = (ROOT / "SECURITY.md").read_text()
    assert "docs/reliability.md" in text
    assert (ROOT / "docs" / "reliability.md").is_file()
