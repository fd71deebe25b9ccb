"""Makes awkward files and folders, as people have them, and says of each what must come of it.

    python -m tests.core_gans.data.awkward FOLDER     make them all in FOLDER, to look at or to try by hand

A *flag* is red on the left, and on the right green above blue: no turn, flip or change of channels leaves it the same.
What is read of each case is either that flag, or a refusal of one line that says what to do.
"""

from __future__ import annotations

import bz2
import gzip
import io
import pickle
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RED, GREEN, BLUE = (220, 30, 40), (20, 200, 60), (10, 60, 230)
HEIGHT, WIDTH = 32, 48


@dataclass(frozen=True)
class Awkward:
    """``make`` writes the case below a fresh folder and returns the path to read, with ``options`` of ``read``.

    ``refusal`` is a pattern of the one line that is said instead of reading it; else ``shape`` (N, C, H, W) is what
    comes of it, every image of the N is the flag, with ``labels`` and ``classes``, and each of ``notes`` is said.
    """

    name: str
    make: Callable[[Path], Path]
    refusal: str = ""
    shape: tuple[int, ...] = (1, 3, 16, 16)
    labels: tuple[int, ...] | None = None
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def flag(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """The flag (H, W, 3) uint8."""
    page = np.empty((height, width, 3), np.uint8)
    page[:, : width // 2] = RED
    page[: height // 2, width // 2 :] = GREEN
    page[height // 2 :, width // 2 :] = BLUE
    return page


def grey(page: np.ndarray) -> np.ndarray:
    """Its luma (H, W)."""
    return np.asarray(Image.fromarray(page).convert("L"))


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


PNG = encoded(Image.fromarray(flag()))


def written(name: str, content: bytes) -> Callable[[Path], Path]:
    """One file of a folder that is read."""

    def make(folder: Path) -> Path:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        return folder

    return make


def lone(name: str, content: Callable[[], bytes]) -> Callable[[Path], Path]:
    """One file that is read itself."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content())
        return folder / name

    return make


def tree(*names: str, then: Callable[[Path], None] | None = None, read: str = "") -> Callable[[Path], Path]:
    """A flag at each path."""

    def make(folder: Path) -> Path:
        for name in names:
            written(name, PNG)(folder)
        if then is not None:
            then(folder)
        return folder / read if read else folder

    return make


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def swollen_tar() -> bytes:
    """A tar whose second header says that 3 GiB of nothing follow, packed to next to nothing."""
    info = tarfile.TarInfo("b.png")
    info.size = 3 * 2**30
    return gzip.compress(tarred({"a.png": PNG})[: -tarfile.RECORDSIZE + 1024] + info.tobuf() + bytes(2**20))


def swollen_zip() -> bytes:
    """A zip that says of its only picture that it is 4 GB unpacked."""
    whole = bytearray(zipped({"a.png": PNG}))
    place = whole.index(b"PK\x01\x02")
    whole[place + 24 : place + 28] = struct.pack("<I", 4_000_000_000)
    return bytes(whole)


def locked_zip() -> bytes:
    """A zip that says its picture is encrypted."""
    whole = bytearray(zipped({"a.png": PNG}))
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def bomb() -> bytes:
    """A PNG whose header declares 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def deep_png(page: np.ndarray) -> bytes:
    """A PNG of 16 bits in colour (H, W, 3), which Pillow does not write."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = page.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in page)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def deep_tiff(page: np.ndarray, orientation: int) -> bytes:
    """A TIFF of 16 bits in colour (H, W, 3), to be turned as its tag says."""
    (height, width, colours), data = page.shape, page.astype("<u2").tobytes()
    bits = 8 + len(data)
    tags = ((256, 3, 1, width), (257, 3, 1, height), (258, 3, 3, bits), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8),
            (274, 3, 1, orientation), (277, 3, 1, colours), (278, 3, 1, height), (279, 4, 1, len(data)))  # fmt: skip
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0" + struct.pack("<I", bits + 8) + data + struct.pack("<4H", 16, 16, 16, 0) + directory


def table(rows: np.ndarray, labels: list[str] | None = None, header: str = "", delimiter: str = ",") -> bytes:
    lines = [header] if header else []
    for index, row in enumerate(rows.reshape(len(rows), -1)):
        cells = [*([labels[index]] if labels else []), *map(str, row.tolist())]
        lines.append(delimiter.join(cells))
    return "\n".join(lines).encode()


def turned(way: Image.Transpose, orientation: int, format: str, **options: Any) -> bytes:
    """The flag as a camera held that way stores it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(Image.fromarray(flag()).transpose(way), format, exif=exif, **options)


def link(folder: Path) -> None:
    (folder / "set").mkdir()
    for name in ("cat", "dog"):
        (folder / "set" / name).symlink_to(folder / "elsewhere" / name, target_is_directory=True)


def circle(folder: Path) -> None:
    (folder / "cat" / "back").symlink_to(folder, target_is_directory=True)


def broken(*names: str) -> Callable[[Path], None]:
    """Half pictures of these names."""

    def make(folder: Path) -> None:
        for name in names:
            (folder / name).write_bytes(PNG[:60])

    return make


def of_kaggle() -> bytes:
    """Two digits, 7 and 3, with a header."""
    return table(np.stack([grey(SMALL)] * 2), ["7", "3"], ",".join(("label", *(f"p{n}" for n in range(256)))))


def of_fer() -> bytes:
    """One face, with all pixels in a cell."""
    return b"emotion,pixels,Usage\n0," + " ".join(map(str, grey(SMALL).ravel())).encode() + b",Training\n"


def clear() -> bytes:
    """The flag with opacity: what is left of its middle is half clear."""
    page = np.dstack((flag(), np.full((HEIGHT, WIDTH), 255, np.uint8)))
    page[:, : WIDTH // 2, 3] = 128
    return encoded(Image.fromarray(page))


SMALL = flag(16, 16)
FLAGS = np.stack([SMALL] * 6)
TWELVE = (flag().astype(np.int64) * 4095 // 255).astype(np.uint16)
TWELVE[0, 0] = 4095
PALE = grey(flag()).astype(np.uint16) * 16
TURN = Image.Transpose
SHOUT = pickle.dumps(print)

CASES: tuple[Awkward, ...] = (
    # One picture, kept oddly
    Awkward("tiff", written("a.tif", encoded(Image.fromarray(flag()), "TIFF"))),
    Awkward("tiff-lzw", written("a.tiff", encoded(Image.fromarray(flag()), "TIFF", compression="tiff_lzw"))),
    Awkward(
        "tiff-float",
        written("a.tif", encoded(Image.fromarray((grey(flag()) / 255).astype(np.float32)), "TIFF")),
        shape=(1, 1, 16, 16),
    ),
    Awkward(
        "tiff-float-of-physics",
        written("a.tif", encoded(Image.fromarray(grey(flag()).astype(np.float32) * 9), "TIFF")),
        r"expected floats in \[0, 1\] or \[-1, 1\], got \[\d+, \d+\]: scale the images",
    ),
    Awkward(
        "tiff-of-nothing",
        written("a.tif", encoded(Image.fromarray(np.full((32, 48), np.nan, np.float32)), "TIFF")),
        r"a\.tif holds NaN or infinity: save it with finite numbers",
    ),
    Awkward(
        "tiff-of-pages",
        written(
            "a.tif",
            encoded(Image.fromarray(flag()), "TIFF", save_all=True, append_images=[Image.fromarray(flag())]),
        ),
        r"a\.tif holds 2 pages, where one picture is expected: save each as a file of its own",
    ),
    Awkward(
        "tiff-turned",
        written("a.tif", encoded(Image.fromarray(flag()).transpose(TURN.ROTATE_90), "TIFF", tiffinfo={274: 6})),
    ),
    Awkward(
        "twelve-bits-grey",
        written("a.png", encoded(Image.fromarray(PALE))),
        shape=(1, 1, 16, 16),
        notes=("the 16-bit pictures use 12 bits",),
    ),
    Awkward("twelve-bits-colour", written("a.png", deep_png(TWELVE)), notes=("use 12 bits (up to 4,095)",)),
    Awkward(
        "twelve-bits-turned",
        written("a.tif", deep_tiff(np.rot90(TWELVE), 6)),
        notes=("use 12 bits (up to 4,095)",),
    ),
    Awkward("sixteen-bits-colour", written("a.png", deep_png(flag().astype(np.uint16) * 257))),
    Awkward("turned-by-camera", written("a.jpg", turned(TURN.ROTATE_90, 6, "JPEG", quality=95))),
    Awkward("mirrored-by-camera", written("a.png", turned(TURN.FLIP_LEFT_RIGHT, 2, "PNG"))),
    Awkward("inks", written("a.jpg", encoded(Image.fromarray(flag()).convert("CMYK"), "JPEG", quality=95))),
    Awkward("palette", written("a.gif", encoded(Image.fromarray(flag()).quantize(8), "GIF"))),
    Awkward("ending-in-capitals", written("A.PNG", PNG)),
    Awkward("ending-that-lies", written("a.jpg", PNG)),
    Awkward("opacity-kept", written("a.png", clear()), shape=(1, 4, 16, 16), options={"channels": 4}),
    Awkward("no-opacity-but-asked", written("a.png", PNG), shape=(1, 4, 16, 16), options={"channels": 4}),
    Awkward(
        "tall-asked-wide",
        written("a.png", PNG),
        shape=(1, 3, 16, 24),
        options={"size": "24x16"},
    ),
    Awkward(
        "padded", written("a.png", encoded(Image.fromarray(SMALL))), shape=(1, 3, 16, 16), options={"resize": "pad"}
    ),
    Awkward("stretched", written("a.png", PNG), options={"resize": "stretch"}),
    Awkward("bomb", written("a.png", bomb()), r"a\.png is too large: expected at most 64,000,000 pixels.*reduce it"),
    Awkward("cut-short", written("a.png", PNG[:80]), r"a\.png is damaged \(.*\): remove it or replace it"),
    Awkward("empty", written("a.png", b""), r"a\.png is not a JPEG.*: remove it or convert it"),
    # Folders
    Awkward("classes", tree("cat/1.png", "dog/1.png"), shape=(2, 3, 16, 16), labels=(0, 1), classes=("cat", "dog")),
    Awkward(
        "linked-classes",
        tree("elsewhere/cat/1.png", "elsewhere/dog/1.png", then=link, read="set"),
        shape=(2, 3, 16, 16),
        labels=(0, 1),
        classes=("cat", "dog"),
    ),
    Awkward(
        "linked-in-a-circle",
        tree("cat/1.png", "dog/1.png", then=circle),
        shape=(2, 3, 16, 16),
        labels=(0, 1),
        classes=("cat", "dog"),
    ),
    Awkward(
        "link-to-nothing",
        tree("1.png", then=lambda folder: (folder / "2.png").symlink_to(folder / "gone.png")),
        r"2\.png cannot be opened \(No such file.*leave it out \(--skip-broken\)",
    ),
    Awkward(
        "splits",
        tree("train/dog/1.png", "train/cat/1.png", "val/cat/1.png", "test/cat/1.png"),
        shape=(2, 3, 16, 16),
        labels=(0, 1),
        classes=("cat", "dog"),
        notes=("holds splits (test, train, val): train is read",),
    ),
    Awkward(
        "splits-without-training",
        tree("val/cat/1.png", "test/cat/1.png"),
        r"holds splits \(test, val\): give one of them",
    ),
    Awkward(
        "some-broken",
        tree("1.png", "2.png", then=broken("3.png", "4.png", "5.png")),
        r"3 of 5 pictures cannot be read: .*3\.png.*4\.png.*5\.png.*leave them out \(--skip-broken\)",
    ),
    Awkward(
        "some-broken-skipped",
        tree("a/1.png", "b/2.png", then=broken("a/0.png", "a/3.png", "a/4.png", "b/5.png")),
        shape=(2, 3, 16, 16),
        labels=(0, 1),
        classes=("a", "b"),
        notes=("4 of 6 pictures cannot be read and are left out",),
        options={"skip_broken": True},
    ),
    # Archives
    Awkward(
        "zip",
        lone("a.zip", lambda: zipped({"set/cat/1.png": PNG, "set/dog/1.png": PNG, "__MACOSX/set/cat/._1.png": b"x"})),
        shape=(2, 3, 16, 16),
        labels=(0, 1),
        classes=("cat", "dog"),
    ),
    Awkward(
        "zip-that-leads-out", lone("a.zip", lambda: zipped({"../1.png": PNG})), r"a path out of its own folder.*pack it"
    ),
    Awkward("zip-that-swells", lone("a.zip", swollen_zip), r"would be 3\.7 GiB unpacked.*unpack it yourself"),
    Awkward("zip-that-is-locked", lone("a.zip", locked_zip), r"locked with a password: unpack it, and give the folder"),
    Awkward("zip-cut-short", lone("a.zip", lambda: zipped({"1.png": PNG})[:-30]), r"is damaged \(.*\): fetch it again"),
    Awkward(
        "zip-of-texts", lone("a.zip", lambda: zipped({"1.txt": b"no"})), r"holds no pictures: expected members ending"
    ),
    Awkward("tar", lone("a.tar", lambda: tarred({"1.png": PNG, "2.png": PNG})), shape=(2, 3, 16, 16)),
    Awkward(
        "tar-gz",
        lone("a.tar.gz", lambda: gzip.compress(tarred({"dog/1.png": PNG, "cat/1.png": PNG}))),
        shape=(2, 3, 16, 16),
        labels=(1, 0),
        classes=("cat", "dog"),
    ),
    Awkward("tar-bz2", lone("a.tar.bz2", lambda: bz2.compress(tarred({"1.png": PNG})))),
    Awkward("tar-that-leads-out", lone("a.tar", lambda: tarred({"/etc/1.png": PNG})), r"a path out of its own folder"),
    Awkward("tar-that-swells", lone("a.tar.gz", swollen_tar), r"would be .* GiB unpacked.*unpack it yourself"),
    Awkward(
        "tar-with-a-broken-picture",
        lone("a.tar", lambda: tarred({"1.png": PNG, "2.png": PNG[:60]})),
        r"a\.tar:2\.png is damaged .*leave it out \(--skip-broken\)",
    ),
    # Arrays
    Awkward("npy", lone("a.npy", lambda: npy(FLAGS)), shape=(6, 3, 16, 16)),
    Awkward("npy-channels-first", lone("a.npy", lambda: npy(FLAGS.transpose(0, 3, 1, 2))), shape=(6, 3, 16, 16)),
    Awkward("npy-by-columns", lone("a.npy", lambda: npy(np.asfortranarray(FLAGS))), shape=(6, 3, 16, 16)),
    Awkward("npy-signed-floats", lone("a.npy", lambda: npy(FLAGS / 127.5 - 1)), shape=(6, 3, 16, 16)),
    Awkward(
        "npy-twelve-bits",
        lone("a.npy", lambda: npy(FLAGS.astype(np.uint16) * 16)),
        shape=(6, 3, 16, 16),
        notes=("use 12 bits",),
    ),
    Awkward(
        "npy-of-objects",
        lone("a.npy", lambda: npy(np.array([SHOUT, None]))),
        r"holds Python objects.*save it as numbers",
    ),
    Awkward("npy-cut-short", lone("a.npy", lambda: npy(FLAGS)[:-9]), r"is damaged \(it says uint8 .*\): save it again"),
    Awkward(
        "npz-words",
        lone("a.npz", lambda: npz(images=FLAGS, labels=np.array(["owl", "ape", "owl", "ape", "ape", "owl"]))),
        shape=(6, 3, 16, 16),
        labels=(1, 0, 1, 0, 0, 1),
        classes=("ape", "owl"),
    ),
    Awkward(
        "npz-one-hot",
        lone("a.npz", lambda: npz(images=FLAGS, labels=np.eye(3)[[0, 2, 1, 1, 0, 2]])),
        shape=(6, 3, 16, 16),
        labels=(0, 2, 1, 1, 0, 2),
        classes=("0", "1", "2"),
    ),
    Awkward(
        "npz-labels-with-gaps",
        lone("a.npz", lambda: npz(x=FLAGS, y=[5, 12, 19, 5, 5, 12])),
        shape=(6, 3, 16, 16),
        labels=(0, 1, 2, 0, 0, 1),
        classes=("5", "12", "19"),
    ),
    Awkward(
        "npz-two-hot",
        lone("a.npz", lambda: npz(images=FLAGS, labels=np.ones((6, 2)))),
        r"rows of one 1 and 0s.*save one class for each image",
    ),
    Awkward(
        "idx-with-a-broken-label-file",
        lambda folder: (
            written("t-images-idx3-ubyte", idx(FLAGS[..., 0]))(folder),
            written("t-labels-idx1-ubyte", b"\0\0\x08")(folder),
            folder / "t-images-idx3-ubyte",
        )[-1],
        r"t-labels-idx1-ubyte is no IDX file",
    ),
    # Tables
    Awkward(
        "csv-of-kaggle",
        lone("a.csv", of_kaggle),
        shape=(2, 1, 16, 16),
        labels=(1, 0),
        classes=("3", "7"),
    ),
    Awkward(
        "csv-colour-words",
        lone("a.csv", lambda: table(FLAGS[:2], ["owl", "ape"])),
        shape=(2, 3, 16, 16),
        labels=(1, 0),
        classes=("ape", "owl"),
        notes=("red, green and blue of each of 16x16 pixels",),
    ),
    Awkward(
        "csv-pixels-in-a-cell",
        lone("a.csv", of_fer),
        shape=(1, 1, 16, 16),
        labels=(0,),
        classes=("0",),
    ),
    Awkward(
        "csv-semicolons", lone("a.csv", lambda: table(grey(SMALL)[None] / 255, delimiter=";")), shape=(1, 1, 16, 16)
    ),
    Awkward(
        "csv-no-square",
        lone("a.csv", lambda: table(np.zeros((2, 7), int))),
        r"7 numbers a row are no square picture.*take",
    ),
    Awkward(
        "csv-short-row",
        lone("a.csv", lambda: table(np.zeros((2, 9), int)) + b"\n1,2"),
        r"expected 9 cells in row 3, got 2",
    ),
    Awkward("csv-words", lone("a.csv", lambda: b"1,2,3,x\n" * 3), r"row 1 holds no numbers \(.*\): mend or remove it"),
    # What is none
    Awkward("text", lone("a.txt", lambda: b"hello"), r"is no data set: expected a folder of pictures"),
    Awkward("no-pictures", written("readme.md", b"hello"), r"holds no pictures: expected files ending in jpg"),
    Awkward("one-picture", lone("a.png", lambda: PNG), r"is one picture: give the folder"),
)


def main(folder: Path) -> None:
    for case in CASES:
        place = folder / case.name
        place.mkdir(parents=True)
        print(f"{case.make(place)}: {case.refusal or case.shape}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
