"""Watchers: what they write is true, and watching changes nothing."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from core_gans.data import Batches, Examples
from core_gans.foundation.errors import DivergedError
from core_gans.game import NoiseGame
from core_gans.runs import folder as runs
from core_gans.runs.checkpoints import CheckpointError, load
from core_gans.runs.progress import ProgressBar, time_left
from core_gans.runs.watchers import Checkpoint, Judged, Log, Samples, Watcher, drop_lines_after, fixed_latents
from core_gans.session import Interrupt, Options, make_watchers, restore_watchers, with_data
from core_gans.training import TrainingState, start, train
from tests.tiny import batches, chance, differences, pictures, points, small


def played(rounds: int, *watchers: Watcher, state: TrainingState | None = None, data: Examples | None = None) -> Any:
    data = data or points()
    return train(small("gan", data), batches(data), rounds, rng=chance(), watchers=watchers, state=state)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("data", [points(), pictures()], ids=["points", "pictures"])
def test_a_watched_run_equals_an_unwatched_one_to_the_bit(data: Examples, tmp_path: Path) -> None:
    options = Options(samples_every=1, log_every=1, judge_every=2, checkpoint_every=1, batch=8)
    game = small("dcgan", data)
    assert isinstance(game, NoiseGame)
    console = Console(file=io.StringIO(), force_terminal=True)
    config = {"kind": "training", "variant": "dcgan", "fields": dataclasses.asdict(game), "options": {}}
    torch.manual_seed(3)
    before = torch.get_rng_state()
    with runs.create(tmp_path, "run", config) as run:
        watchers, _ = make_watchers(run, game, options, data, console, "round")
        watched = train(game, Batches(data, 8), 4, rng=chance(), watchers=watchers)
    assert torch.equal(before, torch.get_rng_state())
    unwatched = train(game, Batches(data, 8), 4, rng=chance())
    assert differences(watched.state_dict(), unwatched.state_dict()) == []
    assert len(list((run.folder / "samples").iterdir())) == 5
    assert len(list(run.checkpoints.glob("round-*"))) == 2
    assert len(lines(run.folder)) == 6  # four rounds, two judgements


class TestLog:
    def test_a_line_holds_the_round_and_its_losses(self, tmp_path: Path) -> None:
        terms = {}

        class Keep(Watcher):
            def after_round(self, state: Any) -> None:
                terms[state.round] = dict(state.terms)

        played(7, Log(tmp_path, every=3), Keep())
        found = lines(tmp_path)
        assert [line["round"] for line in found] == [1, 3, 6]
        for line in found:
            assert line["images_seen"] == 8 * line["round"]
            assert {name: line[name] for name in ("discriminator", "generator")} == terms[line["round"]]
        assert found[0]["seconds"] <= found[1]["seconds"] <= found[2]["seconds"]

    def test_tensorboard_sees_the_same_numbers(self, tmp_path: Path) -> None:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        played(4, Log(tmp_path, every=2))
        events = EventAccumulator(str(tmp_path / "events")).Reload()
        for name in ("discriminator", "generator"):
            found = [(event.step, event.value) for event in events.Scalars(name)]
            assert found == [(line["round"], pytest.approx(line[name], rel=1e-6)) for line in lines(tmp_path)]

    def test_words_are_logged_but_are_no_curves(self, tmp_path: Path) -> None:
        class Rename(Watcher):
            def after_round(self, state: Any) -> None:
                state.terms["winner"] = "heuristic"

        played(1, Rename(), Log(tmp_path, every=1))
        assert lines(tmp_path)[0]["winner"] == "heuristic"

    def test_continuing_drops_what_will_be_played_again(self, tmp_path: Path) -> None:
        state = played(4, Log(tmp_path, every=1))
        whole = lines(tmp_path)
        with (tmp_path / "metrics.jsonl").open("a") as file:
            file.write(json.dumps({"round": 5, "generator": -1.0}) + "\n" + '{"round": 6, "gener')
        played(6, Log(tmp_path, every=1), state=state)
        assert lines(tmp_path)[:4] == whole
        assert [line["round"] for line in lines(tmp_path)] == [1, 2, 3, 4, 5, 6]
        assert lines(tmp_path)[4]["generator"] != -1

    def test_lines_up_to_a_round_are_kept_as_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "metrics.jsonl"
        drop_lines_after(path, 3)
        assert not path.exists()
        path.write_text('{"round": 1}\n{"round": 3,  "a": NaN}\n{"round": 3, "judge": 2}\n{"round": 4}\n{"rou')
        drop_lines_after(path, 3)
        assert path.read_text() == '{"round": 1}\n{"round": 3,  "a": NaN}\n{"round": 3, "judge": 2}\n'
        assert [file.name for file in tmp_path.iterdir()] == ["metrics.jsonl"]


class TestSamples:
    def watch(self, folder: Path, every: int = 4) -> Samples:
        game = small("gan", points())
        assert isinstance(game, NoiseGame)
        latents = fixed_latents(game, 16, 1)

        def draw(state: Any) -> Tensor:
            with torch.no_grad():
                return state.nets["generator"](latents)

        return Samples(folder, draw, every, points().images)

    def rounds(self, folder: Path) -> list[int]:
        return sorted(int(path.stem[6:]) for path in (folder / "samples").glob("round-*.png"))

    def test_sheets_at_the_beginning_often_then_every_so_often_and_at_the_end(self, tmp_path: Path) -> None:
        played(13, self.watch(tmp_path))
        assert self.rounds(tmp_path) == [0, 1, 2, 4, 5, 8, 10, 12, 13]
        with Image.open(tmp_path / "training.gif") as film:
            assert film.n_frames == 9

    def test_the_same_latents_are_drawn_every_time(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one", tmp_path / "other"
        state = played(3, self.watch(one))
        played(3, self.watch(other), state=state)  # nothing to play: the sheet of the end
        assert self.rounds(other) == [3]
        name = "samples/round-0000003.png"
        assert (one / name).read_bytes() == (other / name).read_bytes()
        assert (one / name).read_bytes() != (one / "samples/round-0000000.png").read_bytes()

    def test_latents_are_those_of_the_seed(self) -> None:
        game = small("gan", points())
        assert torch.equal(fixed_latents(game, 5, 1), fixed_latents(game, 5, 1))
        assert not torch.equal(fixed_latents(game, 5, 1), fixed_latents(game, 5, 2))


class TestCheckpoint:
    def rounds(self, folder: Path) -> list[int]:
        return [int(path.stem[6:]) for path in runs.numbered(folder, "safetensors")]

    def test_every_so_often_and_at_the_end_and_the_last_ones_stay(self, tmp_path: Path) -> None:
        played(7, Checkpoint(tmp_path, {}, every=3, keep=2))
        assert self.rounds(tmp_path) == [6, 7]
        played(9, Checkpoint(tmp_path / "all", {}, every=4, keep=9))
        assert self.rounds(tmp_path / "all") == [4, 8, 9]

    def test_by_the_clock(self, tmp_path: Path) -> None:
        played(5, Checkpoint(tmp_path, {}, every=10**6, seconds=0, keep=10))
        assert self.rounds(tmp_path) == [1, 2, 3, 4, 5]

    def test_it_holds_the_state_the_description_and_the_named_watchers(self, tmp_path: Path) -> None:
        class Named(Watcher):
            name = "counter"

            def state_dict(self) -> dict[str, Any]:
                return {"count": 3}

        state = played(2, Named(), Watcher(), Checkpoint(tmp_path, {"kind": "training", "fields": {"width": 4}}))
        content = load(tmp_path / "round-0000002.safetensors")
        assert content.keys() == {"kind", "fields", "state", "watchers"}
        assert content["watchers"] == {"counter": {"count": 3}}
        assert differences(content["state"], state.state_dict()) == []

    def test_a_session_without_rounds_writes_nothing_again(self, tmp_path: Path) -> None:
        state = played(2, Checkpoint(tmp_path, {}))
        path = tmp_path / "round-0000002.safetensors"
        written = path.stat().st_mtime_ns
        played(2, Checkpoint(tmp_path, {}), state=state)
        assert path.stat().st_mtime_ns == written

    def test_the_middle_of_a_round_is_never_saved(self, tmp_path: Path) -> None:
        broken = Examples("broken", torch.full((8, 2), torch.nan))
        with pytest.raises(DivergedError):
            played(2, Checkpoint(tmp_path, {}), data=broken)
        assert self.rounds(tmp_path) == []

    def test_what_a_killed_process_left_half_written_is_swept_away(self, tmp_path: Path) -> None:
        litter = tmp_path / ".round-0000009.safetensors.123.tmp"
        litter.write_bytes(b"half")
        mine = tmp_path / "note.tmp"
        mine.write_text("mine")
        played(1, Checkpoint(tmp_path, {}))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["note.tmp", "round-0000001.safetensors"]

    def test_a_failed_write_keeps_the_older_ones(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        state = played(2, Checkpoint(tmp_path, {}, every=1))

        def fail(number: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(CheckpointError, match="is the disk full"):
            played(4, Checkpoint(tmp_path, {}, every=1), state=state)
        assert self.rounds(tmp_path) == [1, 2]
        assert load(tmp_path / "round-0000002.safetensors")["state"]["round"] == 2

    def test_watchers_take_their_state_back_by_name(self) -> None:
        class Named(Watcher):
            name = "counter"
            count = 0

            def load_state_dict(self, state: dict[str, Any]) -> None:
                self.count = state["count"]

        named = Named()
        restore_watchers([Watcher(), named], {"counter": {"count": 5}, "gone": {}})
        assert named.count == 5


class TestJudged:
    @pytest.mark.parametrize(("every", "asked"), [(2, [2, 4]), (0, [])])
    def test_the_judge_is_asked_every_so_often_and_logged(self, every: int, asked: list[int], tmp_path: Path) -> None:
        log = Log(tmp_path, every=100)
        judged = Judged(lambda state: {"modes": state.round * 10.0}, log, every)
        played(5, log, judged)
        assert [(line["round"], line["modes"]) for line in lines(tmp_path) if "modes" in line] == [
            (round, 10.0 * round) for round in asked
        ]
        assert judged.latest == ({"modes": 40.0} if asked else {})


class TestProgressBar:
    def state(self, round: int) -> TrainingState:
        state = start(small("gan", points()), batches(points()), chance())
        state.round, state.terms = round, {"generator": 0.25, "winner": "heuristic", "fitness/minimax": 0.5}
        return state

    def test_it_shows_speed_time_left_and_losses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [100.0]
        monkeypatch.setattr("core_gans.runs.progress.time.monotonic", lambda: clock[0])
        out = io.StringIO()
        bar = ProgressBar("generation", Console(file=out, width=120))
        bar.begin(self.state(1000), 1400, None)
        clock[0] += 50
        bar.after_round(self.state(1100))  # 100 of 400 in 50 s
        bar.end(self.state(1100))
        assert out.getvalue() == "generation 1100  2.0/s  2:30 min left  generator 0.250\n"

    def test_the_nearer_bound_counts_and_hours_are_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = [0.0]
        monkeypatch.setattr("core_gans.runs.progress.time.monotonic", lambda: clock[0])
        out = io.StringIO()
        bar = ProgressBar("round", Console(file=out, width=120))
        bar.begin(self.state(0), 10**6, 10_000.0)
        clock[0] += 1000
        bar.after_round(self.state(10))
        assert "2 h 30 min left" in out.getvalue()

    def test_a_file_gets_a_line_now_and_then_and_a_terminal_a_bar(self) -> None:
        plain, terminal = io.StringIO(), io.StringIO()
        played(5, ProgressBar(console=Console(file=plain)))
        played(5, ProgressBar(console=Console(file=terminal, force_terminal=True, width=120)))
        assert plain.getvalue() == ""
        assert "round 5" in terminal.getvalue()
        assert "discriminator" in terminal.getvalue()


class TestInterrupt:
    def test_ctrl_c_ends_the_run_after_the_round_and_saves_it(self, tmp_path: Path) -> None:
        class Press(Watcher):
            def after_round(self, state: Any) -> None:
                if state.round == 2:
                    signal.raise_signal(signal.SIGINT)

        before = signal.getsignal(signal.SIGINT)
        out = io.StringIO()
        state = played(10**6, Interrupt(Console(file=out)), Checkpoint(tmp_path, {}), Press())
        assert state.round == 2
        assert "stopping after this round" in out.getvalue()
        assert (tmp_path / "round-0000002.safetensors").exists()
        assert signal.getsignal(signal.SIGINT) is before

    def test_a_second_ctrl_c_ends_it_at_once(self) -> None:
        class Press(Watcher):
            def after_round(self, state: Any) -> None:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)

        before = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            played(10**6, Interrupt(Console(file=io.StringIO())), Press())
        assert signal.getsignal(signal.SIGINT) is before


class TestOptions:
    @pytest.mark.parametrize("name", ["batch", "samples_every", "log_every", "checkpoint_every"])
    def test_what_must_be_positive(self, name: str) -> None:
        with pytest.raises(ValueError, match=f"expected --{name.replace('_', '-')} of at least 1, got 0"):
            Options(**{name: 0})

    def test_zero_means_none_where_it_says_so(self) -> None:
        assert Options(judge_every=0, average=0, threads=0).judge_every == 0
        with pytest.raises(ValueError, match="--judge-every of at least 0"):
            Options(judge_every=-1)

    def test_the_data_decide_the_shape_and_points_the_family(self) -> None:
        assert with_data({"family": "dcgan", "width": 7}, points()) == {"family": "mlp", "width": 7, "shape": (2,)}
        assert with_data({"family": "dcgan"}, pictures()) == {"family": "dcgan", "shape": (1, 16, 16)}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.6, "1:00 min"),
        (725, "12:05 min"),
        (3599.7, "1 h"),
        (12_000, "3 h 20 min"),
        (47 * 3600, "47 h"),
        (1417 * 3600 + 25 * 60 + 1, "59 days"),
        (1e12, "over a year"),
    ],
)
def test_a_time_that_is_left_is_told_as_people_say_it(seconds: float, told: str) -> None:
    assert time_left(seconds) == told
