"""The drawn road: closed forms, mirror symmetry, places read off pictures, and drives as a data set."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from core_gans.data import Batches, load
from core_gans.data.driven import Driven
from core_gans.data.road.car import FARTHEST, SHARPEST_TURN, SPEED, Car
from core_gans.data.road.course import LOOP, Course
from core_gans.data.road.data_set import drives
from core_gans.data.road.drivers import Drive, driven, started, steered
from core_gans.data.road.reading import offsets
from core_gans.data.road.view import pictures
from core_gans.foundation.errors import LabError
from core_gans.held_out import Held

HEIGHT, WIDTH = 32, 64


def car(offset: float = 0.0, heading: float = 0.0, place: float = 0.0) -> Car:
    return Car(*(np.array([each]) for each in (place, offset, heading)))


def drawn(course: Course, cars: Car, frame: float = 0.0) -> torch.Tensor:
    return pictures(course, cars, np.full(len(cars), frame), HEIGHT, WIDTH)


@pytest.fixture(scope="module")
def some() -> tuple[Course, Drive]:
    """Sixty drives of eight frames."""
    seeds = range(60)
    course = Course.drawn(seeds)
    return course, driven(course, started(seeds), 8, seeds)


class TestCourse:
    def test_heading_and_lie_are_integrals_of_the_curvature(self) -> None:
        course, begun = Course.drawn([4, 5]), np.array([30.0, 500.0])
        steps = np.linspace(0, 60, 6001)
        curvature = np.stack([course.curvature(begun + each) for each in steps], 1)
        turned = (curvature[:, :-1] + curvature[:, 1:]).cumsum(1) / 2 * 0.01
        assert course.heading(begun + 60) - course.heading(begun) == pytest.approx(turned[:, -1], abs=1e-8)
        aside = ((60 - steps) * curvature).sum(1) * 0.01 - 60 * curvature[:, 0] * 0.005
        assert course.aside(begun, np.array([60.0]))[:, 0] == pytest.approx(aside, abs=1e-6)

    def test_a_bend_of_one_curvature_lies_on_a_parabola(self) -> None:
        found = Course.even(0.004).aside(np.array([17.0]), np.array([0.0, 10.0, 30.0]))
        assert found[0] == pytest.approx([0, 0.2, 1.8])

    def test_a_seed_draws_one_road_in_any_company(self) -> None:
        alone, among = Course.drawn([7]), Course.drawn([3, 7, 9])
        for name in Course.__dataclass_fields__:
            assert np.array_equal(getattr(alone, name)[0], getattr(among, name)[1]), name

    def test_other_cars_come_again(self) -> None:
        course = Course.drawn(range(40))
        now, then = (course.other_ahead(np.full(40, frame)) for frame in (333.0, 334.0))
        assert (np.abs(now) <= LOOP).all()
        steps = (then - now - course.speed) / LOOP
        assert steps == pytest.approx(np.rint(steps), abs=1e-9)


class TestCar:
    @pytest.mark.parametrize("steering", [1.0, -0.4])
    def test_on_a_straight_road_it_drives_a_circle(self, steering: float) -> None:
        at, turn = car(), SHARPEST_TURN * steering
        for frame in range(1, 9):
            at = at.moved(Course.even(), np.array([steering]))
            angle = turn * SPEED * frame
            assert at.heading[0] == pytest.approx(angle, abs=1e-9)
            assert at.offset[0] == pytest.approx((1 - math.cos(angle)) / turn, abs=1e-7)
            assert at.place[0] == pytest.approx(math.sin(angle) / turn, abs=1e-7)

    @pytest.mark.parametrize("offset", [0.0, 2.0, -3.0])
    def test_in_a_bend_the_right_steering_keeps_it_where_it_is(self, offset: float) -> None:
        bend = 0.008
        steering = np.array([bend / (1 - bend * offset) / SHARPEST_TURN])
        at = car(offset)
        for frame in range(1, 20):
            at = at.moved(Course.even(bend), steering)
            assert at.offset[0] == pytest.approx(offset, abs=1e-7)
            assert at.heading[0] == pytest.approx(0, abs=1e-8)
            assert at.place[0] == pytest.approx(SPEED * frame / (1 - bend * offset), abs=1e-6)

    def test_straight_on_it_leaves_a_bend_to_the_outside(self) -> None:
        at = car()
        for _ in range(10):
            at = at.moved(Course.even(0.004), np.zeros(1))
        assert at.offset[0] == pytest.approx(-0.004 * 30**2 / 2, rel=0.02)

    def test_barriers_hold_it(self) -> None:
        at = car()
        for _ in range(60):
            at = at.moved(Course.even(), np.ones(1))
        assert at.offset[0] == FARTHEST
        for _ in range(12):
            at = at.moved(Course.even(), -np.ones(1))
        assert at.offset[0] < FARTHEST


class TestView:
    def test_mirrored_actions_give_mirrored_pictures(self, some: tuple[Course, Drive]) -> None:
        course, drive = some
        begun = drive.first
        one = steered(course, begun, drive.steering)
        other = steered(course.mirrored(), begun.mirrored(), -drive.steering)
        assert np.array_equal(one.offset, -other.offset)
        for frame in (0, 7):
            right, left = (
                pictures(of, Car(d.place[:, frame], d.offset[:, frame], d.heading[:, frame]), at, HEIGHT, WIDTH)
                for of, d, at in (
                    (course, one, np.full(60, float(frame))),
                    (course.mirrored(), other, np.full(60, float(frame))),
                )
            )
            assert (right.int() - left.flip(3).int()).abs().max() <= 1
            assert not torch.equal(right, right.flip(3))

    def test_the_place_read_off_a_picture_is_the_true_one(self, some: tuple[Course, Drive]) -> None:
        course, drive = some
        rows = np.repeat(np.arange(60), 8)
        seen = pictures(course.rows(rows), drive.cars, np.tile(np.arange(8.0), 60), HEIGHT, WIDTH)
        error = np.abs(offsets(seen.float() / 127.5 - 1).numpy() - drive.offset.ravel())
        assert np.median(error) < 0.08
        assert np.quantile(error, 0.98) < 0.25  # m; bends that change and other cars are in the way

    @pytest.mark.parametrize("night", [False, True])
    def test_on_an_even_empty_road_it_is_read_to_a_few_centimetres(self, night: bool) -> None:
        places = np.linspace(-4, 4, 33)
        cars = Car(5 * places, places, np.zeros(33))
        seen = drawn(Course.even(0.001, 33).by(night), cars)
        error = np.abs(offsets(seen.float() / 127.5 - 1).numpy() - places)
        assert np.median(error) < 0.08
        assert error.max() < 0.2  # m; a pixel is 18 cm wide where the road is nearest

    def test_a_picture_of_any_size_shows_the_same(self) -> None:
        course, at = Course.drawn([12]), started([12])
        small, large = (pictures(course, at, np.zeros(1), height, 2 * height).float() for height in (32, 128))
        assert (torch.nn.functional.avg_pool2d(large, 4) - small).abs().mean() < 6  # of 255

    def test_nights_are_darker_and_another_car_is_seen(self) -> None:
        course, at = Course.even(), car()
        assert drawn(course.by(True), at).float().mean() < 0.5 * drawn(course, at).float().mean()
        other = Course(**{**vars(course), "other": np.ones(1), "ahead": np.array([12.0]), "lane": np.array([1.7])})
        changed = (drawn(other, at) != drawn(course, at)).any(1)[0]
        rows, columns = torch.nonzero(changed, as_tuple=True)
        assert rows.min() > HEIGHT * 0.3
        assert columns.min() > WIDTH / 2
        assert not torch.equal(drawn(other, at, 0), drawn(Course(**{**vars(other), "speed": -np.ones(1)}), at, 4))

    def test_nothing_is_read_where_there_is_no_road(self) -> None:
        assert offsets(torch.zeros(2, 3, HEIGHT, WIDTH)).isnan().all()
        with pytest.raises(ValueError, match="expected pictures in colour"):
            offsets(torch.zeros(2, 1, HEIGHT, WIDTH))


class TestDrives:
    def test_each_depends_on_the_seed_and_its_number_alone(self) -> None:
        few, many, other = drives(2, 3, 16, 32, seed=5), drives(70, 3, 16, 32, seed=5), drives(2, 3, 16, 32, seed=6)
        assert few.images.shape == (2, 3, 3, 16, 32)
        assert torch.equal(few.images, many.images[:2])
        assert torch.equal(few.actions, many.actions[:2])
        assert not torch.equal(few.images, other.images)

    def test_the_steering_of_a_frame_leads_to_the_next_one(self) -> None:
        found = drives(1, 5, HEIGHT, WIDTH, seed=1)
        drive = steered(Course.drawn([1 << 24]), started([1 << 24]), found.actions[:, :, 0].double().numpy())
        seen = pictures(Course.drawn([1 << 24] * 5), drive.cars, np.arange(5.0), HEIGHT, WIDTH)
        assert (seen.int() - found.images[0].transpose(0, 1).int()).abs().max() <= 1  # the actions are in float32

    def test_batches_carry_the_steering_and_go_on_where_they_were(self) -> None:
        found = load("road", count=12, size=16, frames=4)
        assert isinstance(found, Driven)
        assert found.shape == (3, 4, 16, 32)
        batches = Batches(found, 5, seed=3)
        next(batches)
        position = batches.state_dict()
        batch = next(batches)
        assert batch.real.shape == (5, 3, 4, 16, 32)
        assert batch.real.min() >= -1
        assert batch.other is not None
        assert batch.other.shape == (5, 4, 1)
        again = Batches(found, 5, seed=3)
        again.load_state_dict(position)
        same = next(again)
        assert same.other is not None
        assert torch.equal(same.real, batch.real)
        assert torch.equal(same.other, batch.other)

    def test_held_out_drives_keep_their_steering(self) -> None:
        found = drives(20, 3, 16, 32)
        held = Held.of(found).batch()
        assert held.other is not None
        places = [int((found.actions == each).all(dim=(1, 2)).nonzero()) for each in held.other]
        assert torch.equal(found.part(torch.tensor(places)).images.float() / 127.5 - 1, held.real)

    def test_what_cannot_be_is_refused_in_a_line(self) -> None:
        with pytest.raises(LabError, match="at least 16 pixels a side"):
            load("road", size=8)
        with pytest.raises(LabError, match="at least 2 frames"):
            load("road", frames=1)
        with pytest.raises(ValueError, match=r"expected clips \(N, C, T, H, W\) with actions"):
            Driven("x", torch.zeros(2, 3, 4, 8, 8), actions=torch.zeros(2, 3, 1))
