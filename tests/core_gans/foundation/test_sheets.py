"""Sheets, clouds and films: every pixel where it belongs."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.foundation.lettering import EASTERN, fallbacks, label, label_width, paragraph
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import (
    GAP,
    MARGIN,
    below,
    beside,
    bordered,
    cloud,
    image_rows,
    labelled_rows,
    picture,
    sheet,
    tiled,
    write_gif,
)


def flat(*values: float, side: int = 3, colours: int = 1) -> torch.Tensor:
    """One even picture a value."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, colours, side, side)


class TestSheet:
    def test_images_stand_in_rows_with_gaps(self) -> None:
        page = sheet(flat(-1.0, -0.6, -0.2, 0.2, 0.6), columns=2)
        assert page.shape == (3 * (3 + GAP) + GAP, 2 * (3 + GAP) + GAP, 3)
        values = [page[GAP + row * 5 + 1, GAP + column * 5 + 1, 0] for row in range(3) for column in range(2)]
        assert values == [0, 51, 102, 153, 204, 255]  # the last place is empty
        assert (page[:GAP] == 255).all()
        assert (page[:, 5 : 5 + GAP] == 255).all()

    def test_the_sheet_is_about_square(self) -> None:
        assert sheet(flat(*[0.0] * 64)).shape == (8 * 5 + 2, 8 * 5 + 2, 3)

    def test_enlarging_does_not_smooth(self) -> None:
        checkers = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).view(1, 1, 2, 2)
        page = sheet(checkers, scale=3)[GAP:-GAP, GAP:-GAP, 0]
        assert np.array_equal(page, np.kron([[255, 0], [0, 255]], np.ones((3, 3))))


class TestTiles:
    def test_they_stand_in_rows(self) -> None:
        page = tiled([np.full((4, 6, 3), shade, dtype=np.uint8) for shade in (10, 20, 30)], columns=2, gap=2)
        assert page.shape == (4 + 2 + 4, 6 + 2 + 6, 3)
        assert (page[:4, :6] == 10).all()
        assert (page[:4, 8:] == 20).all()
        assert (page[6:, :6] == 30).all()
        assert (page[6:, 8:] == 255).all()
        assert (page[:4, 6:8] == 255).all()

    def test_none_are_refused(self) -> None:
        with pytest.raises(ValueError, match="at least one tile"):
            tiled([], columns=2)

    def test_pictures_of_any_size_stand_beside_and_below_each_other_on_white(self) -> None:
        small, large = np.zeros((2, 3, 3), np.uint8), np.zeros((5, 4, 3), np.uint8)
        page = beside([small, large], gap=1)
        assert page.shape == (5, 3 + 1 + 4, 3)
        assert (page[2:, :4] == 255).all()
        assert (page[:2, :3] == 0).all()
        assert below([small, large], gap=1).shape == (2 + 1 + 5, 4, 3)

    def test_a_border_covers_the_outermost_pixels_alone(self) -> None:
        page = bordered(np.full((6, 6, 3), 9, np.uint8), "#2563af", thickness=2)
        assert (page[2:4, 2:4] == 9).all()
        assert (page[:2] == (37, 99, 175)).all()
        assert (page[:, -2:] == (37, 99, 175)).all()


class TestLabelledRows:
    def test_tiles_stand_beside_the_words_of_their_row(self) -> None:
        tile = np.zeros((50, 40, 3), np.uint8)
        page = labelled_rows([("a name\nand a note", [tile, tile]), ("another", [tile])], width=90, gap=4)
        assert page.shape == (2 * MARGIN + 2 * 50 + 4, 2 * MARGIN + 90 + 2 * (40 + 4), 3)
        assert (page[MARGIN : MARGIN + 50, MARGIN + 94 : MARGIN + 134] == 0).all()
        assert page[MARGIN : MARGIN + 50, MARGIN : MARGIN + 90].min() < 128
        assert (page[-MARGIN - 50 :, MARGIN + 138 :] == 255).all()

    def test_title_note_and_heads_stand_above(self) -> None:
        tile = np.zeros((50, 40, 3), np.uint8)
        bare = labelled_rows([("", [tile] * 2)])
        full = labelled_rows([("", [tile] * 2)], title="title", note="note", heads=["a", "b"])
        assert np.array_equal(full[-60:, : bare.shape[1]], bare[-60:])
        above = full[: full.shape[0] - bare.shape[0] + MARGIN]
        assert (above < 128).any()
        assert (above[-MARGIN - 20 :, 150 + MARGIN :] < 200).any()  # the heads, over their columns

    def test_small_images_are_enlarged(self) -> None:
        page = image_rows([("noise", torch.zeros(3, 1, 16, 16))])
        assert page.shape[0] == 2 * MARGIN + 64 + 2 * GAP


class TestCloud:
    def test_a_point_is_where_the_plane_says_with_y_upwards(self) -> None:
        page = cloud(torch.tensor([[0.5, 0.25]]), size=80, reach=1.0)
        dark = np.argwhere(page.sum(axis=2) < 500)
        assert dark.mean(axis=0) == pytest.approx([30, 60], abs=1)  # row, column

    def test_samples_lie_in_blue_over_grey_reality(self) -> None:
        page = cloud(torch.tensor([[1.0, 0.0]]), real=torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), size=80, reach=2.0)
        assert page[40, 60].tolist() == [37, 99, 175]
        assert page[40, 20].tolist() == [205, 205, 210]

    def test_points_may_have_colours_of_their_own(self) -> None:
        page = cloud(
            torch.tensor([[0.5, 0.0], [-0.5, 0.0]]),
            size=80,
            reach=1.0,
            colours=[(9, 8, 7), (1, 2, 3)],
            radius=4,
            finer=2,
        )
        assert page.shape == (80, 80, 3)
        assert page[40, 60].tolist() == [9, 8, 7]
        assert page[40, 20].tolist() == [1, 2, 3]

    def test_far_points_do_no_harm(self) -> None:
        assert (cloud(torch.tensor([[1e9, -1e9]]), reach=1.0, size=20) == 255).all()


def test_the_picture_fits_the_samples() -> None:
    assert picture(torch.zeros(4, 2), torch.ones(4, 2)).shape == (512, 512, 3)
    assert picture(torch.zeros(4, 1, 16, 16)).shape == (2 * 66 + 2, 2 * 66 + 2, 3)  # enlarged to 64
    assert picture(torch.zeros(4, 3, 128, 128)).shape == (2 * 130 + 2, 2 * 130 + 2, 3)


class TestFilm:
    def frames(self, folder: Path, count: int) -> list[Path]:
        return [write_png(folder / f"{i:03d}.png", np.full((4, 4, 3), i, np.uint8)) for i in range(count)]

    def test_every_frame_in_its_order_and_the_last_one_stays(self, tmp_path: Path) -> None:
        path = write_gif(tmp_path / "film.gif", self.frames(tmp_path, 5), seconds=1)
        assert path is not None
        with Image.open(path) as film:
            assert film.info["loop"] == 0
            shades, durations = [], []
            for number in range(film.n_frames):
                film.seek(number)
                shades.append(film.convert("RGB").getpixel((0, 0)))
                durations.append(film.info["duration"])
        assert shades == [(i, i, i) for i in range(5)]
        assert durations == [200, 200, 200, 200, 2000]

    def test_many_frames_are_thinned_evenly(self, tmp_path: Path) -> None:
        path = write_gif(tmp_path / "film.gif", self.frames(tmp_path, 50), most=8)
        assert path is not None
        with Image.open(path) as film:
            shades = []
            for number in range(film.n_frames):
                film.seek(number)
                shades.append(film.convert("RGB").getpixel((0, 0))[0])
        assert shades == [0, 7, 14, 21, 28, 35, 42, 49]

    def test_no_frames_make_no_film(self, tmp_path: Path) -> None:
        assert write_gif(tmp_path / "film.gif", []) is None
        assert not list(tmp_path.iterdir())


def test_letters_that_are_not_ascii_are_written_as_themselves() -> None:
    def written(text: str) -> np.ndarray:
        return label(text, 80, 20)

    assert not np.array_equal(written("árbol"), written("?rbol"))
    assert not np.array_equal(written("árbol"), written("arbol"))
    assert not np.array_equal(written("дом"), written("???"))
    assert written("дом").min() < 128


def test_a_word_that_is_too_wide_is_shrunk_and_one_that_fits_is_aligned() -> None:
    long = label("a very long name of a class", 60, 20)
    assert long.shape == (20, 60, 3)
    assert label_width("a very long name of a class") > 60
    (_, left), (_, right) = (np.argwhere(label("i", 60, 20, align=side)[..., 0] < 128)[0] for side in ("left", "right"))
    assert left < 10
    assert right > 50


def test_a_paragraph_is_broken_between_words_and_grows_with_them() -> None:
    assert paragraph("short", 100, 60).shape == (60, 100, 3)
    assert paragraph("a name that is far too long for it " * 3, 100, 60).shape[0] > 60
    assert paragraph("name\nnote", 100, 10).shape == (38, 100, 3)


def test_fallback_fonts_have_the_letters_that_the_usual_one_lacks() -> None:
    from matplotlib.font_manager import get_font

    for _, file in fallbacks():
        assert any(get_font(file).get_char_index(ord(letter)) for letter in EASTERN)
    assert label("中文 한국어", 80, 20).min() < 128  # in such a font, or as boxes
