"""The commands on texts: train, resume, sample, translate, judge, and clear refusals."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from core_gans import models
from core_gans.__main__ import main
from core_gans.commands.list import List
from core_gans.data.texts.lines import in_turn
from core_gans.data.texts.sentences import SentencePairs
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.models import save_model
from core_gans.run_kind import Going
from core_gans.session import Options
from core_gans.texts import TextLesson, read_texts, scores
from egan.__main__ import main as egan
from tests.killing import final_checkpoint
from tests.tiny import differences

SMALL = {"embedding": 4, "width": 5, "pretrain": 2, "lead": 1}
NMT = SMALL | {"channels": 3}
SEQGAN = SMALL | {"rollouts": 1, "filters": 2, "windows": (1, 2)}
Command = Callable[..., str]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: Any) -> str:
        main([str(word) for word in words])
        return " ".join(capsys.readouterr().out.split())

    return run


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: Any, program: Callable[[list[str]], None] = main) -> str:
        with pytest.raises(SystemExit) as end:
            program([str(word) for word in words])
        said = capsys.readouterr().out.strip()
        assert end.value.code == 2
        assert len(said.splitlines()) == 1, said
        return said

    return run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two short runs and the pairs that one of them learned from."""
    here = tmp_path_factory.mktemp("texts")
    lines = "".join(f"the number {n} stands here\tzahl {n} steht hier\n" for n in range(40))
    (here / "pairs.tsv").write_text(lines + "\nalone\tallein\n", encoding="utf-8")
    quiet = Console(quiet=True)
    options = {"batch": 4, "log_every": 1, "samples_every": 2}
    run_training(
        "nmt", NMT, Options(str(here / "pairs.tsv"), **options), rounds=4, runs_folder=here, name="nmt", console=quiet
    )
    run_training(
        "seqgan",
        SEQGAN,
        Options("grammar", count=40, judge_every=2, **options),
        rounds=4,
        runs_folder=here,
        name="seqgan",
        console=quiet,
    )
    return here


def test_a_run_of_texts_speaks_of_no_film(home: Path, command: Command, tmp_path: Path) -> None:
    said = command("train", "--like", home / "seqgan", "--runs", tmp_path, "--name", "again", "--rounds", 1)
    assert f"samples: {tmp_path / 'again' / 'samples'}" in said
    assert "film" not in said


class TestRuns:
    def test_a_run_holds_texts_a_log_and_its_vocabulary(self, home: Path) -> None:
        page = (home / "nmt" / "samples" / "round-0000004.txt").read_text(encoding="utf-8").splitlines()
        assert len(page) == 3 * 4  # a source, its translation, a reference of each held-out source
        assert page[2].startswith("  (zahl")
        assert len((home / "seqgan" / "samples" / "round-0000002.txt").read_text(encoding="utf-8").splitlines()) == 16
        lines = [json.loads(line) for line in (home / "nmt" / "metrics.jsonl").read_text().splitlines()]
        assert "likelihood" in lines[0]
        judged = [json.loads(line) for line in (home / "seqgan" / "metrics.jsonl").read_text().splitlines()]
        found = {line["round"]: line["oracle_nll"] for line in judged if "oracle_nll" in line}
        best = min(found, key=found.__getitem__)
        kept = [path.name for path in (home / "seqgan" / "checkpoints").glob("best-*")]
        assert kept == ([f"best-{best:07d}.safetensors"] if found[best] == found[best] else [])
        assert "here" in json.loads((home / "nmt" / "config.json").read_text())["fields"]["source_words"]

    def test_a_stopped_run_goes_on_to_the_bit(self, home: Path, tmp_path: Path) -> None:
        options = Options(str(home / "pairs.tsv"), batch=4)
        quiet = Console(quiet=True)
        for name, rounds in (("whole", 5), ("part", 3)):
            run_training("nmt", NMT, options, rounds=rounds, runs_folder=tmp_path, name=name, console=quiet)
        resume_training(tmp_path / "part", rounds=5, console=quiet)
        assert differences(final_checkpoint(tmp_path / "part"), final_checkpoint(tmp_path / "whole")) == []

    def test_other_texts_in_the_place_of_those_learned_from_are_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "p.tsv"
        path.write_text("".join(f"a {n}\tb {n}\n" for n in range(20)), encoding="utf-8")
        quiet = Console(quiet=True)
        run_training("nmt", NMT, Options(str(path), batch=4), rounds=1, runs_folder=tmp_path, name="run", console=quiet)
        path.write_text("".join(f"a {n}\tb {n}\n" for n in range(1, 21)), encoding="utf-8")
        with pytest.raises(LabError, match=r"does not hold what .* learned from"):
            resume_training(tmp_path / "run", rounds=2, console=quiet)

    def test_more_texts_go_on_in_the_words_of_the_run(self, tmp_path: Path) -> None:
        path, quiet = tmp_path / "p.tsv", Console(quiet=True)
        lines = "".join(f"a {n}\tb {n}\n" for n in range(20))
        path.write_text(lines, encoding="utf-8")
        folder = run_training("nmt", NMT, Options(str(path), batch=4), rounds=1, runs_folder=tmp_path, console=quiet)
        path.write_text(lines + "a new one\tb new\nnew 3\tneu 3\n", encoding="utf-8")  # a side longer than ever
        going = Going(changes={"data": str(path)})
        state = resume_training(folder.folder, rounds=2, console=quiet, going=going).state
        learned = state.batches.data
        assert isinstance(learned, SentencePairs)
        assert learned.target.words == state.game.words
        assert max(len(source.split()) for source, _ in learned.lines.at(range(len(learned)))) == 2
        assert resume_training(folder.folder, rounds=3, console=quiet).state.batches.position == 2
        with pytest.raises(LabError, match="least_often decides which words there are"):
            resume_training(folder.folder, rounds=4, console=quiet, going=Going(changes={"least_often": 2}))


class TestTranslate:
    def test_a_text_and_a_file_are_translated(self, home: Path, command: Command, tmp_path: Path) -> None:
        said = command("translate", home / "nmt", "--text", "the number xyz here", "--beams", "3")
        assert "1 words are not known to the model (xyz)." in said
        source, out = tmp_path / "in.txt", tmp_path / "out.txt"
        source.write_text("\ufeffthe number 3\n\nthe xyz\r\n", encoding="utf-8")
        said = command("translate", home / "nmt", source, out)
        assert "1 empty lines stay empty." in said
        assert f"3 lines translated: {out}" in said
        lines = out.read_text(encoding="utf-8").split("\n")
        assert (len(lines), lines[1]) == (4, "")

    def test_long_lines_are_refused_or_left_empty_and_counted(
        self, home: Path, command: Command, refused: Command, tmp_path: Path
    ) -> None:
        source, out = tmp_path / "in.txt", tmp_path / "out.txt"
        source.write_text("the number\n" + "the " * 30 + "\n", encoding="utf-8")
        assert "has 1 lines of more than the 5 words that the model takes (line 2)" in refused(
            "translate", home / "nmt", source, out
        )
        assert not out.exists()
        assert "1 lines are longer than the model takes and left empty: line 2" in command(
            "translate", home / "nmt", source, out, "--skip-broken"
        )
        assert out.read_text(encoding="utf-8").count("\n") == 2
        assert "exists already and is kept" in refused("translate", home / "nmt", source, out)

    def test_what_does_not_fit_is_refused_in_a_line(self, home: Path, refused: Command, tmp_path: Path) -> None:
        (tmp_path / "latin.txt").write_bytes("gå".encode("latin-1"))
        for words, told in (
            (("--text", ""), "expected a text with words"),
            (("--text", "the " * 30), "expected at most 5 words, got 30"),
            (("--text", "the", "--beams", "0"), "expected --beams from 1"),
            (("--text", "the", "--to", "sv"), "leave --to and --noise out"),
            ((), 'expected MODEL and --text "..."'),
            ((tmp_path / "none.txt", tmp_path / "out.txt"), "is none."),
            ((tmp_path / "latin.txt", tmp_path / "out.txt"), "is no text in UTF-8"),
        ):
            assert told in refused("translate", home / "nmt", *words)
        assert "writes by itself: draw with `core-gans sample`" in refused("translate", home / "seqgan", "--text", "a")


class TestSampleAndJudge:
    def test_texts_are_sampled_into_a_file(
        self, home: Path, command: Command, refused: Command, tmp_path: Path
    ) -> None:
        out = tmp_path / "texts.txt"
        assert f"9 texts: {out}" in command("sample", home / "seqgan", "--count", 9, "--out", out)
        assert len(out.read_text(encoding="utf-8").splitlines()) == 9
        assert "exists already and is kept" in refused("sample", home / "seqgan", "--out", out)
        assert "expected --out as a .txt" in refused("sample", home / "seqgan", "--out", tmp_path / "a.png")
        assert "leave --classes, --text and --truncation out" in refused("sample", home / "seqgan", "--classes", "1")
        assert "which translates: `core-gans translate` does" in refused("sample", home / "nmt")

    def test_runs_and_models_are_judged_by_held_out_texts(
        self, home: Path, command: Command, refused: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        out = tmp_path / "n.json"
        told = command("judge", home / "nmt", "--count", 4, "--out", out)
        assert "exact_match" in told
        assert set(json.loads(out.read_text())["samples"]) == {"exact_match", "bleu", "chrf", "bleu[untranslated]"}
        many, fewer = tmp_path / "many.json", tmp_path / "fewer.json"
        command("judge", home / "seqgan", "--count", 400, "--out", many)
        command("judge", home / "seqgan", "--count", 2, "--out", fewer)
        of_many, of_fewer = (json.loads(each.read_text())["real"] for each in (many, fewer))
        assert ("different_share" in of_many, "different_share" in of_fewer) == (
            False,
            True,
        )  # of as many as are held out
        told = command("judge", home / "seqgan", "--count", 20)
        assert all(name in told for name in ("oracle_nll", "possible_share", "held_out_nll", "different_share"))
        model = models.open_texts(home / "nmt")
        assert model is not None
        path = save_model(tmp_path / "m.safetensors", model)
        assert "give --data" in refused("judge", path)
        monkeypatch.setattr(scores, "has_sacrebleu", lambda: False)
        monkeypatch.setattr("core_gans.texts.judging.has_sacrebleu", lambda: False)
        monkeypatch.setattr("core_gans.commands.judge_texts.has_sacrebleu", lambda: False)
        told = command("judge", path, "--data", home / "pairs.tsv", "--count", 4)
        assert "they need the extra `text` (pip install 'gan-lab[text]')" in told
        assert "chrf " not in told
        with pytest.raises(LabError, match="BLEU and chrF need the extra `text`"):
            scores.bleu(["a"], [["a"]])
        assert "leave --metrics, --features and --size out" in refused("judge", home / "nmt", "--metrics", "frechet")


class TestWhichTextsAreJudged:
    """Sources of 1 or 2 words with targets of 3 to 5: what is too long for the one side suits the other."""

    @pytest.fixture
    def seen(self, monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, ...]]]:
        """The texts of each judgement."""
        found: list[list[tuple[str, ...]]] = []

        def judge(game: Any, lesson: TextLesson, count: int, seed: int) -> Callable[[Any], dict[str, float]]:
            lesson.held.together(range(len(lesson.held)))  # all in numbers
            found.append(list(in_turn(lesson.held.lines)))
            return lambda nets: {"exact_match": 0.0}

        monkeypatch.setattr("core_gans.commands.judge_texts.judge_of", judge)
        return found

    @pytest.fixture
    def run(self, tmp_path: Path) -> Path:
        path, quiet = tmp_path / "own.tsv", Console(quiet=True)
        lines = "".join(f"a{n}{' b' * (n % 2)}\tx{n} y z{' y' * (n % 3)}\n" for n in range(60))
        path.write_text(lines + "w" + " w" * 50 + "\tw\n", encoding="utf-8")  # more than the 50 of training
        return run_training("nmt", NMT, Options(str(path)), rounds=1, runs_folder=tmp_path, console=quiet).folder

    def test_of_the_own_data_those_that_training_held_out(
        self, run: Path, command: Command, seen: list[list[tuple[str, ...]]]
    ) -> None:
        told = command("judge", run)
        held = read_texts("pairs", str(run.parent / "own.tsv")).held
        assert seen == [list(in_turn(held.lines))]
        assert len(seen[0]) == 6
        assert "1 line longer than the model takes (line 61) left out" in told
        assert "--longest" not in told

    def test_of_other_data_those_held_out_that_the_model_takes(
        self, run: Path, command: Command, seen: list[list[tuple[str, ...]]], tmp_path: Path
    ) -> None:
        other = tmp_path / "other.tsv"
        pairs = [(f"a{n}{' b' * (n % 3)}", f"x{n} y z{' y' * (n % 5)}") for n in range(60)]
        other.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
        told = command("judge", run, "--data", other)
        held = list(in_turn(read_texts("pairs", str(other)).held.lines))
        short = [pair for pair in held if len(pair[0].split()) <= 2 and len(pair[1].split()) <= 5]
        assert 0 < len(short) < len(held)
        assert seen == [short]
        long = sum(n % 3 == 2 or n % 5 > 2 for n in range(60))
        assert f"{long} texts longer than the model takes are left out" in told


def test_what_makes_no_sense_of_texts_is_refused_in_a_line(home: Path, refused: Command) -> None:
    assert "is a game of texts, and draws no pictures" in refused("explore", home / "seqgan")
    assert "holds texts" in refused("compare", "gan", "--data", "toy_language")
    assert "draws from no latents" in refused("compare", "nmt", "gan", "--data", "ring", "--count", "40")
    assert "draws from no latents" in refused("compare", "seqgan", "--data", home / "pairs.tsv")
    for words in ((), ("--data", "toy_language"), ("--data", "ring"), ("--data", home / "pairs.tsv"), ("--islands", 2)):
        assert "nmt has no latents, so it cannot be evolved" in refused("evolve", "nmt", *words, program=egan)
    assert "no data set of texts is called 'digits'" in refused("train", "nmt", "--data", "digits")
    assert "expected pairs of sentences" in refused("train", "nmt", "--data", "grammar")
    assert "holds texts: train nmt or seqgan on it" in refused("train", "gan", "--data", "grammar")
    assert "row 2 holds no numbers" in refused("train", "gan", "--data", home / "pairs.tsv")


def test_a_run_is_explained_by_its_numbers(home: Path, command: Command) -> None:
    told = command("explain", home / "nmt")
    assert re.search(r"likelihood [\d.]+ at round 1, ", told)
    assert "only the judge says whether texts get better" in told


def test_the_list_names_texts() -> None:
    said = io.StringIO()

    List().run(Console(file=said, width=200))
    assert (
        "texts: toy_language, tatoeba, grammar, oracle, small_oracle, or a .txt of sentences, or a .tsv of pairs"
        in said.getvalue()
    )
