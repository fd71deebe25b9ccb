"""The fast engine against the readable reference, in float64; and what each of its parts claims."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.game import NoiseGame
from core_gans.losses import objectives
from core_gans.runs import checkpoints
from egan.engine import Operators, adam, equip, obstacle
from egan.engine.ends import quick_ends
from egan.engine.sharing import moves_statistics_only, sample_by_sample, scores_alone, splits
from egan.evolution import generation, make_toolbox
from egan.mutations import KNOWN
from egan.population import Population, start
from egan.scheme import Scheme
from tests.tiny import batches, differences, pictures, points, small, weights

RECYCLED = {"common_latents": True, "recycle": True, "evaluation_size": 8}
PLAIN = {"normalisation": "none"}
SPECTRAL = {"normalisation": "spectral"}


def population(
    parents: int = 1, variant: str = "dcgan", compute: Compute | None = None, exact: bool = True, **fields: Any
) -> Population:
    """Tiny networks that move fast, in float64 where ``exact``."""
    examples = points() if variant == "gan" else pictures(60)
    game = small(variant, examples, rate=0.003, **fields)
    assert isinstance(game, NoiseGame)
    fresh = start(game, batches(examples), torch.Generator().manual_seed(0), parents, compute)
    for network in (fresh.discriminator, *(parent.generator for parent in fresh.parents)):
        network.to(torch.float64 if exact else torch.float32)
    return fresh


@dataclass
class Player:
    """Plays generations, by the fast engine or by the reference."""

    population: Population
    scheme: Scheme
    fast: bool

    def __post_init__(self) -> None:
        self.toolbox = make_toolbox(self.population, self.scheme)
        self.operators: Operators | None = None
        if self.fast:
            self.operators = equip(self.toolbox, self.population, self.scheme)

    def play(self, generations: int) -> Player:
        for _ in range(generations):
            generation(self.population, self.scheme, self.toolbox)
            self.population.round += 1
        return self


def farthest(one: Any, other: Any) -> float:
    """The largest difference of any number in two states, which must be alike in everything else."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        return max((farthest(one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, list | tuple):
        assert len(one) == len(other)
        return max((farthest(*pair) for pair in zip(one, other, strict=True)), default=0.0)
    if isinstance(one, Tensor):
        assert one.shape == other.shape
        assert one.dtype == other.dtype
        return float((one.double() - other.double()).abs().max()) if one.numel() else 0.0
    if isinstance(one, float):
        return 0.0 if one == other or (one != one and other != other) else abs(one - other)
    assert one == other
    return 0.0


def state(of: Population) -> dict[str, Any]:
    """Everything, with the history and the logbook as they are in memory."""
    packed = {"logbook", "history", "chapters", "seconds"}
    saved = {name: value for name, value in of.state_dict().items() if name not in packed}
    return saved | {"lines": [*of.logbook], "records": [vars(record) for record in of.history], "terms": of.terms}


def distance(one: Population, other: Population) -> float:
    return farthest(state(one), state(other))


class TestAgreement:
    @pytest.mark.parametrize(
        ("parents", "fields", "steps", "latents"),
        [  # every pair of choices meets
            (1, {}, 1, RECYCLED),
            (1, {}, 2, {}),
            (1, PLAIN, 1, {}),
            (1, PLAIN, 2, RECYCLED),
            (3, {}, 1, {}),
            (3, {}, 2, RECYCLED),
            (3, PLAIN, 1, RECYCLED),
            (3, PLAIN, 2, {}),
        ],
    )
    def test_engines_agree_in_float64(
        self, parents: int, fields: dict[str, Any], steps: int, latents: dict[str, Any]
    ) -> None:
        scheme = Scheme(parents=parents, **latents)
        slow, fast = (Player(population(parents, discriminator_steps=steps, **fields), scheme, way) for way in (0, 1))
        before = weights(fast.population.discriminator)
        assert distance(slow.play(22).population, fast.play(22).population) < 1e-9
        moved = max(
            float((now - old).abs().max())
            for now, old in zip(weights(fast.population.discriminator), before, strict=True)
        )
        assert moved > 0.01  # so that 1e-9 says something

    @pytest.mark.parametrize(
        ("variant", "fields", "scheme"),
        [
            ("relativistic", {"normalisation": "batch"}, {}),
            ("ls_gan", PLAIN, {}),
            ("dcgan", SPECTRAL, RECYCLED),
            ("wgan", {}, {}),
            ("wgan_gp", {}, {"parents": 2}),
            ("lsgan", {}, RECYCLED),
            ("dcgan", PLAIN | {"r1": 1.0}, RECYCLED),
            ("dcgan", {"upsampling": "resize"}, RECYCLED),
            ("dcgan", {"fall_rounds": 10}, RECYCLED),
            ("gan", {}, RECYCLED),
            ("cgan", {"classes": 2}, RECYCLED),
            ("gan", {"family": "maxout"}, RECYCLED),
            ("dcgan", {}, {"parents": 2, "strategy": "plus"} | RECYCLED),
            ("dcgan", {}, {"parents": 2, "crossover": "interpolation", "children": 2} | RECYCLED),
            ("dcgan", {}, {"mutations": [KNOWN["noise"], KNOWN["rate"], KNOWN["relativistic_average"]]} | RECYCLED),
            ("dcgan", {}, {"evaluation_size": 16, "common_latents": True, "recycle": True}),
            ("dcgan", {}, {"offspring": "first_order"} | RECYCLED),
            ("dcgan", PLAIN, {"offspring": "first_order", "parents": 2}),
            ("relativistic", {}, {"offspring": "first_order"} | RECYCLED),
        ],
    )
    def test_they_agree_on_every_kind_of_game_and_scheme(
        self, variant: str, fields: dict[str, Any], scheme: dict[str, Any]
    ) -> None:
        plan = Scheme(**scheme)
        slow, fast = (Player(population(plan.parents, variant, **fields), plan, way) for way in (0, 1))
        assert distance(slow.play(6).population, fast.play(6).population) < 1e-9

    def test_float32_stays_close_for_a_few_generations(self) -> None:
        scheme = Scheme(**RECYCLED)
        slow, fast = (Player(population(exact=False, **PLAIN), scheme, way).play(3) for way in (0, 1))
        assert distance(slow.population, fast.population) < 1e-3
        assert slow.population.terms["quality"] == pytest.approx(fast.population.terms["quality"], abs=1e-4)

    def test_bf16_and_channels_last_play(self) -> None:
        compute = Compute(bf16=True, channels_last=True)
        fast = Player(population(compute=compute, exact=False), Scheme(**RECYCLED), True).play(5).population
        assert all(bool(weight.isfinite().all()) for weight in weights(fast.parents[0].generator))
        assert all(weight.dtype == torch.float32 for weight in weights(fast.parents[0].generator))

    @pytest.mark.parametrize("first", [False, True])
    @pytest.mark.parametrize("compute", [Compute(), Compute(channels_last=True)], ids=["rows", "channels last"])
    def test_a_checkpoint_of_one_engine_goes_on_under_the_other(
        self, first: bool, compute: Compute, tmp_path: Path
    ) -> None:
        scheme = Scheme(**RECYCLED)
        whole = Player(population(), scheme, False).play(12).population
        part = Player(population(compute=compute), scheme, first).play(6).population
        saved = checkpoints.load(checkpoints.save(tmp_path / "half.safetensors", {"state": part.state_dict()}))
        again = population(compute=compute)
        again.load_state_dict(saved["state"])
        assert differences(again.state_dict(), part.state_dict()) == []
        Player(again, scheme, not first).play(6)
        assert farthest(again.parents[0].state_dict(), whole.parents[0].state_dict()) < 1e-9
        assert farthest(again.discriminator.state_dict(), whole.discriminator.state_dict()) < 1e-9


class TestSharing:
    def test_only_losses_that_are_sums_of_two_terms_split(self) -> None:
        for name in ("minimax", "heuristic", "wasserstein", "hinge", "least_squares_labels"):
            assert splits(getattr(objectives, name)), name
        assert not splits(objectives.relativistic_average)
        assert not splits(objectives.loss_sensitive(1.0))

    def test_layers_that_couple_samples_are_known(self) -> None:
        assert not sample_by_sample(population().discriminator)
        for fields in (PLAIN, SPECTRAL):
            assert sample_by_sample(population(**fields).discriminator)
        assert sample_by_sample(population(variant="gan").discriminator)

        class Mean(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x - x.mean(0)

        assert not sample_by_sample(nn.Sequential(nn.Linear(2, 1), Mean()))

    def test_power_iterations_and_penalties_keep_the_winners_gradient_from_being_the_step(self) -> None:
        assert moves_statistics_only(population().discriminator)
        assert not moves_statistics_only(population(**SPECTRAL).discriminator)
        assert scores_alone(population().game)
        assert not scores_alone(population(r1=1.0, **PLAIN).game)
        assert not scores_alone(small("ls_gan", pictures()))  # type: ignore[arg-type]  # a game with noise

    def test_the_discriminator_is_asked_as_rarely_as_promised(self) -> None:
        """Once for the real batch, once for the variation and once a child; the generator once a child."""
        player = Player(population(), Scheme(**RECYCLED), True).play(1)
        passes: list[str] = []
        player.population.discriminator.register_forward_hook(lambda *_: passes.append("d"))
        player.population.parents[0].generator.register_forward_hook(lambda *_: passes.append("g"))
        player.play(1)
        assert passes.count("d") == 5
        assert passes.count("g") == 3  # children are copies, hooks included

    def test_a_parent_changed_between_generations_is_asked_anew(self) -> None:
        scheme = Scheme(**RECYCLED)
        slow, fast = (Player(population(), scheme, way).play(3) for way in (0, 1))
        for player in (slow, fast):
            with torch.no_grad():
                next(player.population.parents[0].generator.parameters()).mul_(1.5)
        assert distance(slow.play(3).population, fast.play(3).population) < 1e-9

    def test_dropout_by_the_global_random_state_is_refused(self) -> None:
        fresh = population()
        assert obstacle(fresh, Scheme()) == ""
        assert obstacle(fresh, Scheme(discriminators=2)) != ""
        fresh.discriminator.append(nn.Dropout(0.5))  # type: ignore[operator]  # it is a Sequential
        assert "the discriminator drops units" in obstacle(fresh, Scheme())


class TestParts:
    @pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
    def test_a_fused_step_is_adams_own_whatever_the_layout(self, layout: torch.memory_format) -> None:
        rng = torch.Generator().manual_seed(0)
        start = torch.randn(3, 2, 4, 4, generator=rng, dtype=torch.float64)
        one, other = (nn.Parameter(start.clone(memory_format=torch.contiguous_format)) for _ in range(2))
        other.data = other.data.to(memory_format=layout)
        slow, fast = (torch.optim.Adam([each], 0.01, (0.5, 0.999)) for each in (one, other))
        for _ in range(4):
            gradient = torch.randn(3, 2, 4, 4, generator=rng, dtype=torch.float64)
            one.grad = gradient
            slow.step()
            adam.step(fast, [gradient])
            fast.load_state_dict(copy.deepcopy(slow.state_dict()))  # moments in the other layout
        assert farthest([one.detach()], [other.detach()]) < 1e-12
        assert farthest(slow.state_dict(), fast.state_dict()) < 1e-12

    def test_other_optimisers_take_their_own_step(self) -> None:
        one, other = (nn.Parameter(torch.ones(3)) for _ in range(2))
        slow, fast = (torch.optim.RMSprop([each], 0.1) for each in (one, other))
        one.grad = torch.arange(3.0)
        slow.step()
        adam.step(fast, [torch.arange(3.0)])
        assert torch.equal(one, other)

    @pytest.mark.parametrize("colours", [1, 3])
    @pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
    def test_ends_are_the_convolutions_that_they_replace(self, colours: int, layout: torch.memory_format) -> None:
        rng = torch.Generator().manual_seed(0)
        ends = [
            (nn.ConvTranspose2d(5, 6, 4), (2, 5, 1, 1)),
            (nn.ConvTranspose2d(5, colours, 4, stride=2, padding=1), (2, 5, 6, 7)),
            (nn.ConvTranspose2d(5, colours, 3, stride=2, padding=1, output_padding=1, bias=False), (2, 5, 6, 6)),
            (nn.Conv2d(colours, 6, 4, stride=2, padding=1), (2, colours, 8, 6)),
            (nn.Conv2d(5, 2, 4), (2, 5, 4, 4)),
        ]
        for layer, shape in ends:
            layer = layer.double().to(memory_format=layout)  # type: ignore[call-overload]
            given = torch.randn(shape, generator=rng, dtype=torch.float64).contiguous(memory_format=layout)
            asked = [given.requires_grad_(), *layer.parameters()]
            usual = layer(given)
            with quick_ends(layer):
                quick = layer(given)
            assert quick.grad_fn.name() != usual.grad_fn.name()  # it was taken
            pull = torch.randn(usual.shape, generator=rng, dtype=torch.float64)
            torch.testing.assert_close(quick, usual)
            torch.testing.assert_close(torch.autograd.grad(quick, asked, pull), torch.autograd.grad(usual, asked, pull))

    def test_ends_leave_other_calls_alone(self) -> None:
        x, weight = torch.randn(2, 8, 5, 5), torch.randn(8, 4, 3, 3)
        with quick_ends(nn.Conv2d(1, 1, 1)):
            assert torch.equal(F.conv2d(x, weight, groups=2), F.conv2d(x, weight, None, 1, 0, 1, 2))
            assert F.conv2d(x, torch.randn(3, 8, 3, 3), padding="same").shape == (2, 3, 5, 5)
            assert F.conv_transpose2d(x, weight, stride=2).shape == (2, 4, 11, 11)
