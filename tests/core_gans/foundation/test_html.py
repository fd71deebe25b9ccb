"""Templates escape what is put into them, and miss nothing silently."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from core_gans.foundation.html import filled


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "planted_pages"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "page.html.j2").write_text("<p>{{ words }}</p>\n{% if more %}\n{{ more }}\n{% endif %}\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_words_are_escaped_and_markup_is_not(package: str) -> None:
    page = filled(package, "page.html.j2", words="<b> & 'c'", more=Markup("<i>d</i>"))
    assert page == "<p>&lt;b&gt; &amp; &#39;c&#39;</p>\n<i>d</i>\n"
    assert isinstance(page, Markup)


def test_what_is_missing_is_an_error(package: str) -> None:
    with pytest.raises(UndefinedError, match="'more' is undefined"):
        filled(package, "page.html.j2", words="")


def test_every_template_is_installed_with_its_package() -> None:
    root = Path(__file__).parents[3]
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    installed = settings["tool"]["setuptools"]["package-data"]
    packages = ("core_gans", "egan", "dissect", "demos")
    found = [path.relative_to(root) for package in packages for path in (root / package).rglob("*.j2")]
    assert len(found) > 10
    for path in found:
        assert any(path.match(pattern) for pattern in installed[".".join(path.parent.parts)]), path
