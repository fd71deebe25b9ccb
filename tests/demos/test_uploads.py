"""Picture bombs: small files that would unpack into gigabytes are refused before they do."""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from demos.uploads import LARGEST_FILE, picture_in, size_of

GREY, RGB = 0, 2  # colour types of PNG
MOST_GROWTH = 50 * 2**20  # bytes

# Sends pictures to the app's own route and prints the status, the error, and by how much memory grew at its peak.
ATTACK = """
import json, resource, sys
from pathlib import Path
from fastapi.testclient import TestClient
from demos.pictures import refuse_large_pictures
from demos.serve import web_app
from tests.demos.small_lab import small_lab

def send(picture):
    asked = {"model": "star", "target": "day", "picture": picture}
    found = client.post("/lab/explore/translate", json=asked)
    told = found.headers["content-type"] == "application/json"
    return found.status_code, found.json().get("error", "") if told else ""

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

refuse_large_pictures()
harmless, *bombs = json.loads(Path(sys.argv[1]).read_text())
client = TestClient(web_app(small_lab(Path(sys.argv[2]))), base_url="http://127.0.0.1")
answers = [send(harmless)]
for bomb in bombs:
    before = peak()
    answers.append((*send(bomb), peak() - before))
answers.append(send(harmless))
print("answers", json.dumps(answers))
"""


def bomb(width: int, height: int, kind: int = GREY, before: bytes = b"") -> bytes:
    """A true PNG of one colour; ``before`` are chunks before its pixels."""
    row = bytes(1 + width * (3 if kind == RGB else 1))
    packer = zlib.compressobj(9)
    pixels = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def words(count: int) -> bytes:
    """``count`` chunks of packed text, a megabyte each when unpacked."""
    return count * chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(2**20 - 1), 9))


def as_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_bombs_are_refused_and_memory_hardly_grows(tmp_path: Path) -> None:
    bombs = [
        bomb(9000, 9000),
        bomb(13000, 13000),
        bomb(9000, 9000, RGB),
        bomb(8, 8, GREY, words(60)),
    ]
    assert all(len(each) < 400_000 for each in bombs)
    pictures = tmp_path / "pictures.json"
    pictures.write_text(json.dumps([as_text(each) for each in (bomb(32, 32), *bombs)]))
    done = subprocess.run(
        [sys.executable, "-c", ATTACK, str(pictures), str(tmp_path / "runs")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("answers ")]
    first, *refused, last = json.loads(line.removeprefix("answers "))
    assert first == last == [200, ""]
    for status, error, growth in refused:
        assert status == 200
        assert "picture" in error
        assert growth < MOST_GROWTH, (error, growth)


def test_the_size_is_read_from_the_header() -> None:
    assert size_of(bomb(300, 200)) == (300, 200)
    assert picture_in(as_text(bomb(30, 20, RGB))).shape == (20, 30, 3)
    assert picture_in(as_text(bomb(30, 20))).shape == (20, 30)


def test_a_size_that_is_a_lie_is_no_way_in() -> None:
    """A header that says less than there is: what is more is not unpacked."""
    data = bytearray(bomb(4000, 4000))
    header = struct.pack(">IIBBBBB", 8, 8, 8, GREY, 0, 0, 0)
    data[8:33] = chunk(b"IHDR", header)
    assert np.array_equal(picture_in(as_text(bytes(data))), np.zeros((8, 8), np.uint8))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (as_text(bomb(5000, 4000)), "5,000 x 4,000"),
        ("A" * (LARGEST_FILE * 2), "4 MB"),
        (as_text(bomb(32, 32)[:50]), "damaged"),
        ("", "not a JPEG"),
        ("ä", "base64"),
    ],
)
def test_what_is_wrong_with_a_picture_is_said(sent: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        picture_in(sent)
