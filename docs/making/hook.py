"""What mkdocs asks while it builds the site: pages that are made, pages of the project's root, and links between them.

A page of docs links to a file outside of docs as GitHub shows it, ``../CONTRIBUTING.md``; the site has a copy of such
files under ``project/``. Docstrings name things in Sphinx' way, :class:`Name`, of which the site keeps the name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from docs.making.commands import command_pages
from docs.making.notebooks import NAMES, PAGES, page_of
from docs.making.python_names import python_pages

ROOT = Path(__file__).parents[2]
PROJECT = {  # a file of the project: the page of the site that shows it
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "CODE_OF_CONDUCT.md": "project/code_of_conduct.md",
    "README.md": "index.md",
    "core_gans/shipped/MODEL_CARD.md": "project/model_card.md",
}
SCRIPTS = {f"examples/{name}.py": f"notebooks/{name}.md" for name in NAMES}
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not in docs."""
    made = {page: (ROOT / place).read_text(encoding="utf-8") for place, page in PROJECT.items() if page != "index.md"}
    for page, text in (made | command_pages() | python_pages(ROOT)).items():
        files.append(File.generated(config, page, content=text))
    for name in NAMES:
        if not (PAGES / f"{name}.md").is_file():
            text, pictures = page_of(name, small=True)
            files.append(File.generated(config, f"notebooks/{name}.md", content=text))
            for picture, png in pictures.items():
                files.append(File.generated(config, f"notebooks/{picture}", content=png))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to files into links to the pages that show them."""
    here = page.file.src_uri
    shown = {to: source for source, to in PROJECT.items() if to != "index.md"}
    place = shown.get(here, f"docs/{here}")
    return LINK.sub(lambda link: f"{link[1]}{linked(place, here, link[2])}{link[3]}", markdown)


def linked(place: str, page: str, address: str) -> str:
    """The address, from ``page`` of the site, of what the file at ``place`` of the project links to as ``address``."""
    if re.match(r"[a-z]+:", address):
        return address
    target = posixpath.normpath(posixpath.join(posixpath.dirname(place), address))
    target = (PROJECT | SCRIPTS).get(target, target.removeprefix("docs/"))
    return posixpath.relpath(target, posixpath.dirname(page) or ".")


def on_page_content(html: str, **_: Any) -> str:
    """Names of Sphinx' roles without the role."""
    return re.sub(r":(?:class|func|meth|mod|data):(?=<code>)", "", html)


OUTSIDE = re.compile(r"<(?:script|link|img|iframe|source|video)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>")
STYLES = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//[^;)]*")


def on_post_build(config: Any, **_: Any) -> None:
    """Refuse a site of which a page fetches something from another computer."""
    site = Path(config["site_dir"])
    found = [f"{path}: {match[0][:100]}" for path in sorted(site.rglob("*.html")) for match in outside(OUTSIDE, path)]
    found += [f"{path}: {match[0][:100]}" for path in sorted(site.rglob("*.css")) for match in outside(STYLES, path)]
    if found:
        raise PluginError("these pages fetch from other computers:\n" + "\n".join(found))


def outside(pattern: re.Pattern[str], path: Path) -> Iterator[re.Match[str]]:
    """What a file of the site fetches from elsewhere; the address by which it would be known is no such thing."""
    return (match for match in pattern.finditer(path.read_text(encoding="utf-8")) if 'rel="canonical"' not in match[0])
