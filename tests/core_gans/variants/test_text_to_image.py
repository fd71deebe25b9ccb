"""Text to image: the vocabulary, what each player is told, the loss that minds the caption, and that it is obeyed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.applications.text import Seen, asked_by, present, unasked
from core_gans import Batches, make, train
from core_gans.__main__ import main
from core_gans.data import Examples, few_labels, scenes
from core_gans.data.captions import LONGEST, Captions, class_tokens, tokens_of, words_in
from core_gans.foundation.errors import LabError
from core_gans.game import Batch, generate
from core_gans.games.captioned import (
    CaptionedDiscriminator,
    CaptionedGenerator,
    caption_in,
    with_caption,
    without_caption,
)
from core_gans.games.conditions import handing_on
from core_gans.losses.penalties import gradient_penalty
from core_gans.models import open_model
from core_gans.networks.text import CaptionEncoder
from core_gans.session import with_data
from core_gans.training import TrainingState, start
from core_gans.variants import TextToImage
from core_gans.variants.text_to_image import sameness
from tests.tiny import chance, differences

COLOURS = {"red": (1.0, -1.0, -1.0), "green": (-1.0, 1.0, -1.0), "blue": (-1.0, -1.0, 1.0)}
POINTS = {"shape": (2,), "family": "mlp", "latent": 2, "width": 8, "depth": 1, "normalisation": "none"}


def flags(count: int = 240) -> Examples:
    """Pictures of 8x8 pixels in two halves, each of the colour that its caption says, and of a strength that varies."""
    names = list(COLOURS)
    pairs = [(names[i % 3], names[(i // 3) % 3]) for i in range(count)]
    colours = torch.tensor([[COLOURS[upper], COLOURS[lower]] for upper, lower in pairs])  # (N, 2, 3)
    images = colours.transpose(1, 2)[..., None].repeat_interleave(4, dim=2).expand(-1, -1, -1, 8)  # (N, 3, 8, 8)
    strength = 0.6 + 0.3 * torch.rand(count, 1, 1, 1, generator=chance())
    return Examples("flags", images * strength, captions=Captions.of([f"{a} over {b}" for a, b in pairs]))


def game_for(data: Examples, **fields: object) -> TextToImage:
    given = {"words": (), "family": "mlp", "latent": 4, "width": 64, "depth": 1, **fields}
    game = make("text_to_image", **with_data(given, data))
    assert isinstance(game, TextToImage)
    return game


class Says(nn.Module):
    """Whatever it is shown, the first number of it is its answer."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.flatten(1)[:, 0]


class TestVocabulary:
    def test_words_are_small_letters_without_commas(self) -> None:
        assert words_in("A house, two trees and Anna's well-kept lake.") == [
            *("a", "house", "two", "trees", "and", "anna's", "well-kept", "lake"),
        ]

    def test_captions_come_back_as_their_words(self) -> None:
        captions = Captions.of(["a red roof, a tree", "a tree", "two trees", "a tree"])
        assert captions.words == ("a", "red", "roof", "tree", "trees", "two")
        assert captions.tokens.shape == (4, LONGEST)
        assert captions.tokens[0, :6].tolist() == [1, 2, 3, 1, 4, 0]
        assert [captions.text(index) for index in range(3)] == ["a red roof a tree", "a tree", "two trees"]
        assert captions.different(2) == ("a red roof a tree", "a tree")
        assert captions.different(9) == ("a red roof a tree", "a tree", "two trees")
        assert captions.part(torch.tensor([2, 0])).text(1) == "a red roof a tree"

    def test_unknown_words_list_the_nearest(self) -> None:
        with pytest.raises(ValueError, match="no word of the captions is called 'treees': did you mean trees or tree"):
            tokens_of(["two treees"], ("tree", "trees", "two"))

    @pytest.mark.parametrize("text", ["", " ,. ", "tree " * (LONGEST + 1)])
    def test_no_words_or_too_many_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=f"expected a caption of 1 to {LONGEST} words, got (0|{LONGEST + 1}) in"):
            tokens_of([text], ("tree",))

    def test_a_class_is_a_caption_of_one_word(self) -> None:
        captions = Captions.of_classes(torch.tensor([1, 0, 1]), ["Maple Tree", "oak"])
        assert [captions.text(index) for index in range(3)] == ["oak", "maple-tree", "oak"]
        for wrong in (-1, 2):
            with pytest.raises(ValueError, match=f"expected classes from 0 to 1, one for each word, got {wrong}"):
                class_tokens(torch.tensor([0, wrong]), 2)

    def test_scenes_bring_their_captions_and_batches_keep_them_beside_their_pictures(self) -> None:
        drawn = scenes.draw_many(5, 16)
        data = scenes.examples(drawn)
        captions = data.captions
        assert captions is not None
        assert [captions.text(i) for i in range(5)] == [" ".join(words_in(text)) for text in drawn.captions]
        batch = next(Batches(data, 5))
        assert batch.text is not None
        for image, tokens in zip(batch.real, batch.text, strict=True):
            (same,) = [i for i in range(5) if torch.allclose(image, data[i][0])]
            assert torch.equal(tokens, captions.tokens[same])

    def test_examples_that_are_repeated_keep_their_captions(self, rng: torch.Generator) -> None:
        labels, texts = torch.tensor([0, 1, 0, 1, 0, 1]), [f"number {word}" for word in "abcdef"]
        data = Examples("six", torch.arange(6.0)[:, None], labels, ("even", "odd"), Captions.of(texts))
        few = few_labels(data, 1, rng)
        assert few.captions is not None
        assert len(few) == len(few.captions) > 6
        assert [few.captions.text(i) for i in range(len(few))] == [texts[int(x)] for x in few.images[:, 0]]


class TestEncoder:
    words = ("a", "blue", "house", "red", "roof", "trees", "two")

    def code(self, *texts: str) -> Tensor:
        torch.manual_seed(0)
        encoder = CaptionEncoder(len(self.words), 5)
        return encoder(tokens_of(texts, self.words)).detach()

    def test_words_and_their_order_matter(self) -> None:
        one, word, order = self.code(
            "a red roof two blue trees", "a red house two blue trees", "a blue roof two red trees"
        )
        assert (one - word).abs().max() > 1e-3
        assert (one - order).abs().max() > 1e-3

    def test_padding_does_not(self) -> None:
        torch.manual_seed(0)
        encoder = CaptionEncoder(len(self.words), 5)
        tokens = tokens_of(["two trees", "a house"], self.words)
        torch.testing.assert_close(encoder(tokens[:, :2]), encoder(tokens))
        encoder(tokens).sum().backward()
        assert encoder.embedding.weight.grad is not None
        assert not encoder.embedding.weight.grad[0].any()


class TestCarrying:
    tokens = tokens_of(["a tree", "two trees by a lake"], ("a", "by", "lake", "tree", "trees", "two"))

    @pytest.mark.parametrize("shape", [(3, 8, 8), (1, 4, 8), (2,)])
    def test_examples_carry_their_captions_and_give_them_back(
        self, shape: tuple[int, ...], rng: torch.Generator
    ) -> None:
        examples = torch.randn(2, *shape, generator=rng)
        shown = with_caption(examples, self.tokens)
        assert torch.equal(without_caption(shown), examples)
        assert torch.equal(caption_in(shown), self.tokens)

    def test_half_precision_counts_no_words_wrongly(self) -> None:
        tokens = torch.full((1, LONGEST), 50_001)
        assert torch.equal(caption_in(with_caption(torch.zeros(1, 3, 8, 8, dtype=torch.bfloat16), tokens)), tokens)

    def test_the_generator_hands_the_caption_on_in_training_only(self, rng: torch.Generator) -> None:
        game = TextToImage(**POINTS)
        generator = game.players()["generator"]
        assert isinstance(generator, CaptionedGenerator)
        latents = game.latents(3, rng, game.tokens(["a house", "two trees", "red"]))
        handed = generator.train()(latents)
        assert torch.equal(caption_in(handed), game.tokens(["a house", "two trees", "red"]))
        assert torch.equal(generator.eval()(latents), without_caption(handed))
        assert torch.equal(handing_on(generator)(latents), handed)


class TestLoss:
    def players(self) -> CaptionedDiscriminator:
        """Scores are the first number of the example, plus 10 times the first word's number."""
        discriminator = TextToImage(**POINTS).players()["discriminator"]
        assert isinstance(discriminator, CaptionedDiscriminator)
        net = discriminator.net
        net.trunk, net.head = nn.Sequential(nn.Identity()), nn.Sequential(Says())
        discriminator.reader = _Constant(10.0)
        discriminator.encoder = _FirstWord(10, 1)
        return discriminator

    def test_three_terms_as_reed_et_al_weigh_them(self, rng: torch.Generator) -> None:
        game = TextToImage(**POINTS)
        right = game.tokens(["a", "house"])  # words 1 and 2
        real = with_caption(torch.tensor([[-11.0, 0.0], [-19.0, 0.0]]), right)  # scores -1 and 1; swapped: 9 and -9
        fake = with_caption(torch.tensor([[-8.0, 0.0], [-22.0, 0.0]]), right)  # scores 2 and -2
        terms = game.score_loss(self.players(), real, fake, rng)

        def softplus(x: float) -> float:
            return math.log1p(math.exp(x))

        of_real = (softplus(1) + softplus(-1)) / 2
        of_fake, of_wrong = (softplus(2) + softplus(-2)) / 2, (softplus(9) + softplus(-9)) / 2
        assert terms.keys() == {"discriminator"}
        assert terms["discriminator"].item() == pytest.approx(of_real + (of_fake + of_wrong) / 2, rel=1e-6)

    def test_equal_captions_are_no_mistake(self) -> None:
        game = TextToImage(**POINTS)
        same = game.tokens(["a", "a", "house"])
        real = with_caption(torch.tensor([[-11.0, 0.0], [-11.0, 0.0], [-19.0, 0.0]]), same)  # only 0 and 2 can be wrong
        fake = with_caption(torch.zeros(3, 2), same)
        found = game.objective_term(self.players(), real, fake)
        scores = torch.tensor([-1.0, -1.0, 1.0]), torch.tensor([10.0, 10.0, 20.0]), torch.tensor([9.0, -9.0])
        right, of_fake, wrong = scores
        logistic = nn.functional.softplus
        truth = logistic(-right).mean() + (logistic(of_fake).mean() + logistic(wrong).mean()) / 2
        torch.testing.assert_close(found, truth)
        alone = game.objective_term(self.players(), real[:2], fake[:2])
        torch.testing.assert_close(alone, logistic(-right[:2]).mean() + logistic(of_fake[:2]).mean())

    def test_sameness_is_how_little_the_pictures_move_when_the_noise_does(self) -> None:
        one, other = torch.zeros(2, 4), torch.tensor([[1.0, 1.0, 1.0, 1.0], [4.0, 0.0, 0.0, 0.0]])
        drawn = torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5], [1.25, 1.25]])  # apart by 1/2 and by 1/4
        assert sameness(drawn, one, other).item() == pytest.approx((1 / 0.5 + 1 / 0.25) / 2, rel=0.01)

    def test_mode_seeking_shows_two_pictures_of_one_caption(self) -> None:
        game = TextToImage(**POINTS, mode_seeking=0.5)
        shown: list[Tensor] = []
        nets = game.players()
        nets["generator"].register_forward_hook(lambda module, given, answer: shown.append(answer))
        batch = Batch(torch.zeros(5, 2), text=game.tokens(["a", "house", "red", "roof", "trees"]))
        terms = game.generator_loss(nets, batch, chance())
        (drawn,) = shown
        assert torch.equal(caption_in(drawn), game.tokens(["a", "house", "a", "house"]))
        assert terms.keys() == {"generator", "mode_seeking"}
        twin = TextToImage(**POINTS, mode_seeking=1.0).generator_loss(nets, batch, chance())
        torch.testing.assert_close(twin["mode_seeking"], 2 * terms["mode_seeking"])
        torch.testing.assert_close(twin["generator"], terms["generator"])

    def test_penalties_do_not_see_the_caption(self, rng: torch.Generator) -> None:
        game = TextToImage(**POINTS)
        tokens = game.tokens(["a house with two trees", "a red roof at sunset"])
        real, fake = (with_caption(torch.randn(2, 2, generator=chance(seed)), tokens) for seed in (1, 2))
        assert gradient_penalty(self.players(), real, fake, rng).item() == pytest.approx(0, abs=1e-9)  # slope 1


class _Constant(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, maps: Tensor) -> Tensor:
        return maps.new_full((len(maps), 1), self.value)


class _FirstWord(CaptionEncoder):
    def forward(self, tokens: Tensor) -> Tensor:
        return tokens[:, :1].float()


class TestAGame:
    def test_words_and_captions_come_from_the_data(self) -> None:
        game = game_for(flags())
        assert game.words == ("blue", "green", "over", "red")
        assert len(game.captions) == 9
        digits = Examples("some", torch.zeros(3, 1, 8, 8), torch.tensor([0, 2, 1]), ("zero", "one", "two"))
        assert game_for(digits).words == ("zero", "one", "two")
        assert game_for(digits).captions == ("zero", "two", "one")

    def test_data_without_captions_are_refused(self) -> None:
        bare = Examples("bare", torch.zeros(4, 1, 8, 8))
        with pytest.raises(LabError, match="bare has neither captions nor classes: choose data with captions"):
            game_for(bare)
        with pytest.raises(LabError, match="needs a caption with every example"):
            game_for(flags()).with_condition(Batch(torch.zeros(2, 3, 8, 8)))

    def test_images_too_small_for_a_caption_are_refused(self) -> None:
        with pytest.raises(LabError, match="expected images of at least 32 pixels"):
            TextToImage(shape=(1, 4, 4), family="mlp")

    def test_latents_hold_what_is_asked_for(self) -> None:
        game = game_for(flags())
        asked = game.tokens(["red over blue", "green over green"])
        assert torch.equal(caption_in(game.latents(2, chance(), asked)), asked)
        assert game.latents(2, chance(), torch.tensor([3, 0]))[:, 4:6].tolist() == [[4, 0], [1, 0]]
        drawn = caption_in(game.latents(300, chance()))
        assert torch.equal(drawn.unique(dim=0), game.tokens(game.captions).unique(dim=0))
        with pytest.raises(LabError, match=r"expected 3 captions of 32 numbers, got \(2, 32\)"):
            game.latents(3, chance(), asked)

    def test_mixed_latents_are_refused(self, rng: torch.Generator) -> None:
        game = game_for(flags())
        generator = game.players()["generator"]
        one, other = game.latents(2, rng, game.tokens(["red over blue", "green over green"]))
        for mixed in ((one + other) / 2, 2 * one, -one):
            with pytest.raises(LabError, match="mix no latents of a text to image game"):
                generator(mixed[None])

    def test_stopped_and_resumed_equals_never_stopped_to_the_bit(self) -> None:
        data = flags(40)

        def begun(seed: int) -> TrainingState:
            return start(game_for(data), Batches(data, 12), chance(seed))

        whole, part, again = begun(0), begun(0), begun(9)
        train(whole.game, whole.batches, 7, rng=whole.rng, state=whole)
        train(part.game, part.batches, 4, rng=part.rng, state=part)
        again.load_state_dict(part.state_dict())
        train(again.game, again.batches, 7, rng=again.rng, state=again)
        assert differences(again.state_dict(), whole.state_dict()) == []
        assert again.terms == whole.terms

    def test_each_half_gets_the_colour_that_is_asked_for_it(self, rng: torch.Generator) -> None:
        data = flags()
        game = game_for(data, rate=2e-3, normalisation="none")
        state = train(game, Batches(data, 32), 250, rng=rng)
        asked = [(upper, lower) for upper in COLOURS for lower in COLOURS]
        texts = [f"{upper} over {lower}" for upper, lower in asked for _ in range(4)]
        drawn = game.sample(state.nets, len(texts), chance(1), game.tokens(texts))
        halves = drawn.unflatten(2, (2, 4)).mean((3, 4))  # (N, 3, 2): the mean colours of the halves
        found = [tuple(list(COLOURS)[int(k)] for k in half.argmax(0)) for half in halves]
        right = sum(pair == asked[i // 4] for i, pair in enumerate(found))
        assert right / len(texts) > 0.9


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on captioned scenes; fresh weights are small, so that all images would be equal in bytes."""
    folder = tmp_path_factory.mktemp("runs")
    words = "train text_to_image --data scenes --size 16 --count 30 --batch 8 --width 2 --latent 2 --rounds 30"
    main([*words.split(), "--runs", str(folder), "--name", "text"])
    return folder / "text"


class TestCommands:
    def test_a_text_is_drawn(self, run: Path, tmp_path: Path, rng: torch.Generator) -> None:
        for text, name in (("two trees at night", "one.png"), ("a house by day", "two.png")):
            main(["sample", str(run), "--count", "4", "--text", text, "--out", str(tmp_path / name)])
        assert (tmp_path / "one.png").read_bytes() != (tmp_path / "two.png").read_bytes()
        model = open_model(run)
        assert isinstance(model.game, TextToImage)
        latents = model.game.latents(2, rng, model.game.tokens(["two trees at night"] * 2))
        assert generate(model.net, latents).shape == (2, 3, 16, 16)

    def test_captions_do_not_mix_and_nothing_is_written(
        self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            main(["explore", str(run), "--out", str(tmp_path / "explored")])
        assert "captions do not mix" in " ".join(capsys.readouterr().out.split())
        assert not (tmp_path / "explored").exists()

    @pytest.mark.parametrize(
        ("text", "told"), [("two treees", "did you mean trees or tree"), ("", "expected a caption of 1 to 32 words")]
    )
    def test_texts_that_cannot_be_read(
        self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
    ) -> None:
        with pytest.raises(SystemExit) as stopped:
            main(["sample", str(run), "--text", text, "--out", str(tmp_path / "none.png")])
        assert stopped.value.code == 2
        assert told in capsys.readouterr().out
        assert not (tmp_path / "none.png").exists()

    def test_a_model_without_text_is_refused_one(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words = "train gan --data ring --count 50 --batch 8 --width 4 --latent 2 --rounds 1 --name ring"
        main([*words.split(), "--runs", str(tmp_path)])
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main(["sample", str(tmp_path / "ring"), "--text", "a tree"])
        assert "is of gan, which knows no text: leave --text out" in capsys.readouterr().out

    def test_data_without_captions_are_refused(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        np.savez(tmp_path / "bare.npz", images=np.zeros((5, 16, 16), np.uint8))
        with pytest.raises(SystemExit):
            main(["train", "text_to_image", "--data", str(tmp_path / "bare.npz"), "--runs", str(tmp_path / "runs")])
        assert "has neither captions nor classes" in " ".join(capsys.readouterr().out.split())
        assert not (tmp_path / "runs").exists()


class TestBenchmark:
    def test_what_a_caption_asks_for(self) -> None:
        asked = asked_by("two houses with red roofs, a tree and two people by a lake below mountains at sunset")
        assert set(asked) == {"house", "tree", "person", "water", "mountains", "sunset", "red roof"}
        assert asked_by("two houses with blue and red roofs by day") == ("house", "day")  # which roof is which?

    def test_shares_count_what_is_asked_and_what_is_not(self) -> None:
        things = dict.fromkeys(("house", "tree", "water", "mountains", "person", "lamp"), np.array([True, False]))
        seen = Seen(things, np.array(["day", "night"]), np.array(["red", "red"]))
        captions = ("a house with a red roof and two trees by day", "a person by a lake at night")
        shares = {"house": 1, "tree": 1, "person": 0, "water": 0, "hour": 1, "roof": 1}
        assert present(seen, captions) == {"all": 5 / 7, **shares}
        assert unasked(seen, captions) == {
            **{f"unasked {name}": 0 for name in ("house", "tree")},
            **{f"unasked {name}": 1 for name in ("water", "person")},
            **{f"unasked {name}": 0.5 for name in ("mountains", "lamp")},
        }
