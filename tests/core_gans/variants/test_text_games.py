"""What every game of texts keeps: who learns, exact resume, whatever the global chance, names and fields."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from core_gans.data import Batches
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.game import Game
from core_gans.games.texts import Judged, SentenceTranslation, TextGame, WritingGame
from core_gans.optimizers import ClippedAdam
from core_gans.runs import checkpoints
from core_gans.runs.playable import sketched
from core_gans.texts import TextLesson, read_texts
from core_gans.texts.judging import held_pairs, judge_of
from core_gans.texts.scores import bleu_difference, bleu_interval, exact_match
from core_gans.training import TrainingState, start, take_turn, train
from core_gans.variants import SEQUENCES, make, variant
from tests.tiny import all_equal, chance, differences, weights

TEXTS = [name for name, kind in SEQUENCES.items() if issubclass(kind, TextGame)]
EVERY = pytest.mark.parametrize("name", TEXTS)
SMALL = {"embedding": 4, "width": 5, "pretrain": 2, "lead": 1}
OF_ITS_OWN = {"nmt": {"channels": 3}, "seqgan": {"rollouts": 2, "filters": 2, "windows": (1, 2)}}
DATA = {"nmt": "toy_language", "seqgan": "grammar"}


@pytest.fixture(scope="module")
def lessons() -> dict[str, TextLesson]:
    return {name: read_texts(SEQUENCES[name].learns_from, DATA[name], count=60) for name in TEXTS}  # type: ignore[attr-defined]


def small(name: str, lesson: TextLesson, **fields: object) -> TextGame:
    game = make(name, **lesson.fields(SMALL | OF_ITS_OWN[name] | fields))
    assert isinstance(game, TextGame)
    return game


def begun(name: str, lesson: TextLesson, seed: int = 0, **fields: object) -> TrainingState:
    return start(small(name, lesson, **fields), Batches(lesson.learned, 4, seed), chance(seed))


@EVERY
class TestEveryGameOfTexts:
    @pytest.mark.parametrize("share", [0.0, 1.0])
    def test_a_round_teaches_the_players_of_each_turn_alone(
        self, name: str, share: float, lessons: dict[str, TextLesson]
    ) -> None:
        state = begun(name, lessons[name], pretrain=0, lead=0, likelihood_share=share)
        fresh = {player: weights(net) for player, net in state.nets.items()}
        for turn, optimizer in zip(state.game.turns(), state.optimizers, strict=True):
            if not turn.when(state.nets):
                continue
            before = {player: weights(net) for player, net in state.nets.items()}
            terms = take_turn(turn, state.nets, next(state.batches), optimizer, state.rng, state.compute)
            assert all(abs(float(term)) < 1e6 for term in terms.values())
            for player, net in state.nets.items():
                assert all_equal(before[player], weights(net)) or player in turn.players, player
        learned = {player for player, net in state.nets.items() if not all_equal(fresh[player], weights(net))}
        assert learned == ({"generator"} if share == 1 else {"generator", "discriminator"})

    def test_a_discriminator_takes_no_step_before_its_lead(self, name: str, lessons: dict[str, TextLesson]) -> None:
        """Adam would count steps without a gradient, and move the faster for them once there is one."""
        state = begun(name, lessons[name], pretrain=4, lead=2)
        judge, fresh = state.optimizers[0], weights(state.nets["discriminator"].net)
        train(state.game, state.batches, 2, rng=state.rng, state=state)
        assert not judge.state
        assert all_equal(fresh, weights(state.nets["discriminator"].net))
        train(state.game, state.batches, 3, rng=state.rng, state=state)
        assert {int(each["step"]) for each in judge.state.values()} == {1}

    def test_nan_stops_it_before_a_weight_changes(self, name: str, lessons: dict[str, TextLesson]) -> None:
        state = begun(name, lessons[name])
        next(state.nets["generator"].parameters()).data.fill_(torch.nan)
        before = weights(state.nets["discriminator"])
        with pytest.raises(DivergedError, match="expected finite losses"):
            train(state.game, state.batches, 3, rng=state.rng, state=state)
        assert all_equal(before, weights(state.nets["discriminator"]))

    def test_resumed_equals_never_stopped_to_the_bit_whatever_the_global_chance(
        self, name: str, lessons: dict[str, TextLesson], tmp_path: Path
    ) -> None:
        """From the first phase into the last: counts and the baseline are part of it."""
        torch.manual_seed(7)
        before = torch.get_rng_state()
        whole = begun(name, lessons[name], likelihood_share=0.3)
        train(whole.game, whole.batches, 7, rng=whole.rng, state=whole)
        assert torch.equal(before, torch.get_rng_state())
        judge = whole.nets["discriminator"]
        assert isinstance(judge, Judged)
        assert (int(judge.rounds), int(judge.rewarded) > 0) == (7, True)
        torch.manual_seed(8)
        for stop in (1, 4):
            part = begun(name, lessons[name], likelihood_share=0.3)
            train(part.game, part.batches, stop, rng=part.rng, state=part)
            path = checkpoints.save(tmp_path / f"{stop}.safetensors", part.state_dict())
            state = begun(name, lessons[name], seed=99, likelihood_share=0.3)
            state.batches = Batches(lessons[name].learned, 4, 0)
            state.load_state_dict(checkpoints.load(path))
            train(state.game, state.batches, 7, rng=state.rng, state=state)
            assert differences(state.state_dict(), whole.state_dict()) == []

    def test_judging_and_writing_touch_nothing(self, name: str, lessons: dict[str, TextLesson]) -> None:
        state = begun(name, lessons[name])
        before = [weights(net) for net in state.nets.values()]
        verdict = judge_of(small(name, lessons[name]), lessons[name], count=4)
        assert verdict(state.nets) == verdict(state.nets)
        assert [all_equal(one, weights(net)) for one, net in zip(before, state.nets.values(), strict=True)]
        assert all(net.training for net in state.nets.values())

    def test_it_names_itself_and_its_paper_and_its_fields_survive_json(
        self, name: str, lessons: dict[str, TextLesson]
    ) -> None:
        kind = variant(name)
        assert kind.name == name
        assert kind.paper[-4:].isdigit()
        game = small(name, lessons[name])
        again: Game = make(name, **json.loads(json.dumps(dataclasses.asdict(game))))
        assert again == game
        assert sketched(make(name)) is not None

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"shape": (1, 8, 8)}, "learns from texts, and the data are of shape"),
            ({"width": 0}, "expected width of at least 1"),
            ({"lead": -1}, "expected lead of at least 0"),
            ({"clip": 0.0}, "expected clip above 0"),
            ({"likelihood_share": 1.5}, "expected likelihood_share from 0 to 1"),
            ({"level": "letters"}, "expected level to be words or characters"),
        ],
    )
    def test_fields_that_cannot_be_are_refused(self, name: str, fields: dict[str, object], told: str) -> None:
        with pytest.raises(LabError, match=told):
            make(name, **fields)


def test_the_phases_are_likelihood_lead_and_both_by_chance(lessons: dict[str, TextLesson]) -> None:
    state = begun("nmt", lessons["nmt"], pretrain=4, lead=2, likelihood_share=0.5)
    seen = []
    for _ in range(30):
        train(state.game, state.batches, state.round + 1, rng=state.rng, state=state)
        seen.append(("policy" in state.terms, "discriminator" in state.terms))
    assert seen[:4] == [(False, False), (False, False), (False, True), (False, True)]
    assert all(taught for _, taught in seen[4:])
    assert 6 < sum(policy for policy, _ in seen[4:]) < 20  # half of 26


def test_the_norm_of_a_clipped_gradient_is_bounded() -> None:
    parameter = torch.nn.Parameter(torch.zeros(2))
    optimizer = ClippedAdam(0.1, clip=1.0).build(iter([parameter]))
    parameter.grad = torch.tensor([30.0, 40.0])
    optimizer.step()
    assert parameter.grad.tolist() == pytest.approx([0.6, 0.8])


def test_translations_and_writings_are_texts(lessons: dict[str, TextLesson]) -> None:
    translating, writing = small("nmt", lessons["nmt"]), small("seqgan", lessons["seqgan"])
    assert isinstance(translating, SentenceTranslation)
    assert isinstance(writing, WritingGame)
    nets = start(translating, Batches(lessons["nmt"].learned, 4), chance()).nets
    greedy, beams = (translating.translate(nets, ["the dog sees the cat"] * 2, number) for number in (1, 4))
    assert greedy[0] == greedy[1]
    assert beams[0] == beams[1]
    with pytest.raises(LabError, match="expected a text with words"):
        translating.translate(nets, [""])
    with pytest.raises(LabError, match="expected at most"):
        translating.translate(nets, ["dog " * 40])
    with pytest.raises(LabError, match="expected --beams from 1 to 1,000, got 0"):
        translating.translate(nets, ["dog"], 0)


def test_the_judge_knows_a_perfect_translator_and_a_perfect_writer(
    lessons: dict[str, TextLesson], monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = lessons["nmt"]
    game = small("nmt", lesson)
    truth = lesson.source.translated
    assert truth is not None
    monkeypatch.setattr(type(game), "translate", lambda self, nets, texts, beams=1: [truth(text) for text in texts])
    found = judge_of(game, lesson)({})
    assert (found["exact_match"], found["bleu"], found["chrf"]) == (1, pytest.approx(100), 100)
    assert found["bleu[untranslated]"] < 5
    writer = begun("seqgan", lessons["seqgan"])
    real = lessons["seqgan"].learned.together(range(40)).real
    monkeypatch.setattr(type(writer.game), "write", lambda self, nets, count, rng: real)
    found = judge_of(writer.game, lessons["seqgan"])(writer.nets)  # type: ignore[arg-type]
    assert (found["possible_share"], found["different_share"]) == (1, 1)
    assert found["oracle_nll"] < 2.5 < found["held_out_nll"]  # a fresh writer knows nothing of sentences


def test_several_references_count_and_intervals_hold_the_value() -> None:
    written = ["a b c d", "e f g h", "a c b d"] * 4
    references = [["x", "a b c d"], ["e f g h"], ["a b c d", "q"]] * 4
    assert exact_match(written, references) == pytest.approx(2 / 3)
    value, low, high = bleu_interval(written, references, chance())
    assert low <= value <= high <= 100
    right = ["a b c d", "e f g h", "a b c d"] * 4
    value, low, high = bleu_difference(right, written, references, chance())
    assert value > 0
    assert low <= value <= high
    assert tuple(bleu_difference(written, written, references, chance())) == (0, 0, 0)


def test_held_out_sources_come_with_all_their_translations(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv"
    path.write_text("".join(f"A {n}\tone {n}\na {n}\ttwo {n}\n" for n in range(20)), encoding="utf-8")
    sources, references = held_pairs(read_texts("pairs", str(path)), 10)
    assert len(sources) == 2
    assert all(len(right) == 2 for right in references)
