"""Inversion: a linear generator's is known in closed form; equal calls are equal to the bit; the generator stays."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from dissect.cause.choosing import UnitSet
from dissect.edits import ablate
from dissect.fingerprint import fingerprint
from dissect.hooks import intervene, record
from dissect.inversion.inversion import Inversion
from dissect.inversion.inverting import STRANGE, InversionSettings, invert
from dissect.inversion.middle import middle_layer
from dissect.inversion.perceptual import Perceptual
from dissect.inversion.training import train_encoder
from dissect.painting import EditSession, Stroke
from tests.dissect.inversion.linear import latents, linear_generator, solved
from tests.tiny import chance

EXACT = InversionSettings(latent_steps=400, feature_steps=0, prior=0.0)
SHORT = InversionSettings(latent_steps=5, feature_steps=5)


class Halves:
    """Dark and bright."""

    labels: tuple[str, ...] = ("dark", "bright")

    def __call__(self, images: Tensor) -> Tensor:
        return (images.mean(1) > 0).long()


class Branched(nn.Module):
    """A generator that is no chain: the latent goes past the layer, too."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = linear_generator()

    def forward(self, z: Tensor) -> Tensor:
        return self.chain(z) + 0.01 * z.mean(1)[:, None, None, None]


class Mixed(nn.Module):
    """Tokens (N, 16, 8) of a latent, mixed twice by the same layer."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Sequential(nn.Linear(3, 128), nn.Unflatten(1, (16, 8)))
        self.mix = nn.Linear(8, 8)

    def forward(self, z: Tensor) -> Tensor:
        return self.mix(self.mix(self.tokens(z)).tanh())


class Twice(nn.Module):
    """The same layer of 2 units, run twice."""

    def __init__(self) -> None:
        super().__init__()
        self.units = nn.Conv2d(2, 2, 1)

    def forward(self, maps: Tensor) -> Tensor:
        return self.units(self.units(maps).tanh())


class OfTokens(nn.Module):
    """Tokens to pictures (N, 1, 4, 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.colour = nn.Conv2d(8, 1, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.colour(tokens.transpose(1, 2).unflatten(2, (4, 4))).tanh()


class Tokens(nn.Module):
    """A generator whose only maps are tokens."""

    def __init__(self, mixed: nn.Module) -> None:
        super().__init__()
        self.mixed, self.image = mixed, OfTokens()

    def forward(self, z: Tensor) -> Tensor:
        return self.image(self.mixed(z))


def once() -> nn.Module:
    return nn.Sequential(OrderedDict(tokens=nn.Linear(3, 128), shape=nn.Unflatten(1, (16, 8)), mix=nn.Linear(8, 8)))


@pytest.fixture
def samples() -> Tensor:
    return latents(16, chance(3))


def test_the_latent_of_a_linear_generator_is_the_one_of_least_squares(samples: Tensor) -> None:
    generator = linear_generator()
    wanted = torch.tensor([[0.7, -1.2, 0.4]])
    image = generator(wanted)[0].detach()
    found = invert(generator, image, samples, settings=EXACT)
    torch.testing.assert_close(solved(generator, image), wanted)
    torch.testing.assert_close(found.latent, wanted, atol=2e-3, rtol=0)
    assert found.layer is None
    assert found.offset is None
    assert found.start == "sample"
    assert found.pixel_l1 == found.latent_pixel_l1 < 1e-3


def test_it_ends_when_it_is_told_to_and_keeps_what_was_found(samples: Tensor) -> None:
    generator = linear_generator()
    image = generator(torch.tensor([[0.7, -1.2, 0.4]]))[0].detach()
    asked: list[float] = []
    found = invert(
        generator, image, samples, layer="units", settings=SHORT, progress=asked.append, enough=lambda: len(asked) >= 3
    )
    assert [(step.stage, step.step) for step in found.curve] == [("latent", 1), ("latent", 2), ("latent", 3),
                                                                 ("latent", 4), ("features", 1)]  # fmt: skip
    assert asked[-1] == 1.0
    assert found.pixel_l1 <= found.latent_pixel_l1


def test_the_prior_draws_the_latent_towards_its_mean(samples: Tensor) -> None:
    generator = linear_generator()
    image = generator(torch.tensor([[2.0, -2.0, 2.0]]))[0].detach()
    free, held = (
        invert(generator, image, samples, settings=InversionSettings(latent_steps=300, feature_steps=0, prior=weight))
        for weight in (0.0, 10.0)
    )
    assert held.latent.norm() < 0.2 * free.latent.norm()


def test_features_change_only_where_the_latent_falls_short(samples: Tensor) -> None:
    generator = linear_generator()
    image = generator(samples[:1])[0].detach().clone()
    image[:, 2:4, 5:7] += 0.08
    settings = InversionSettings(latent_steps=0, feature_steps=300, deviation=0.0)
    found = invert(generator, image, samples, layer="units", settings=settings)
    assert found.offset is not None
    assert torch.equal(found.latent, samples[:1])
    elsewhere = torch.ones(8, 8, dtype=torch.bool)
    elsewhere[2:4, 5:7] = False
    assert (found.offset[..., elsewhere] == 0).all()
    torch.testing.assert_close(found.rendering, image, atol=2e-3, rtol=0)
    first, second = found.offset[0, :, 2:4, 5:7]
    torch.testing.assert_close(0.05 * (first - second), torch.full((2, 2), 0.08), atol=2e-3, rtol=0)
    assert found.latent_pixel_l1 == pytest.approx(0.08 * 4 / 64, rel=1e-3)


def test_the_deviation_is_paid_for(samples: Tensor) -> None:
    generator = linear_generator()
    image = generator(samples[:1])[0].detach() + 0.05
    offsets = [
        invert(generator, image, samples, layer="units",
               settings=InversionSettings(latent_steps=0, feature_steps=100, deviation=weight)).offset
        for weight in (0.0, 5.0)
    ]  # fmt: skip
    assert offsets[0] is not None
    assert offsets[1] is not None
    assert offsets[1].norm() < 0.5 * offsets[0].norm()


def test_a_rectified_layer_stays_above_zero(samples: Tensor) -> None:
    generator = linear_generator()
    generator.units.append(nn.ReLU())
    image = (generator(samples[:1])[0].detach() - 0.3).clamp(-1, 1)
    found = invert(generator, image, samples, layer="units", settings=InversionSettings(0, 60, deviation=0.0))
    with record(generator, ["units"]) as seen, intervene(generator, found.edits()):
        generator(found.latent)
    assert seen["units"].min() >= -1e-6


@pytest.mark.parametrize("kind", [linear_generator, Branched])
def test_equal_calls_give_equal_bits_and_leave_the_generator(kind: type, samples: Tensor) -> None:
    generator = kind()
    (generator if isinstance(generator, nn.Sequential) else generator.chain).units.append(nn.BatchNorm2d(2))
    generator.train()
    before = fingerprint(generator)
    layer = "units" if isinstance(generator, nn.Sequential) else "chain.units"
    image = torch.linspace(-0.5, 0.5, 64).view(1, 8, 8)
    one, other = (invert(generator, image, samples, layer=layer, settings=SHORT) for _ in range(2))
    assert torch.equal(one.latent, other.latent)
    assert one.offset is not None
    assert other.offset is not None
    assert torch.equal(one.offset, other.offset)
    assert one.curve == other.curve
    assert [step.stage for step in one.curve] == ["latent"] * 5 + ["features"] * 5
    assert one.curve[-1].loss < one.curve[0].loss
    assert all(module.training for module in generator.modules())
    assert fingerprint(generator) == before
    assert all(each.grad is None and each.requires_grad for each in generator.parameters())
    with torch.no_grad(), intervene(generator.eval(), one.edits()):
        torch.testing.assert_close(generator(one.latent)[0], one.rendering)


def test_seconds_end_the_search(samples: Tensor) -> None:
    told: list[float] = []
    settings = InversionSettings(latent_steps=10**9, feature_steps=10**9, seconds=0.3)
    found = invert(linear_generator(), torch.zeros(1, 8, 8), samples, layer="units", settings=settings,
                   progress=told.append)  # fmt: skip
    assert {step.stage for step in found.curve} == {"latent", "features"}
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_picture_unlike_the_samples_is_known_by_its_distance() -> None:
    generator, samples = linear_generator(), latents(200, chance(3))
    own, odd = generator(torch.zeros(1, 3))[0].detach(), torch.ones(1, 8, 8)
    none = InversionSettings(0, 0)
    assert invert(generator, own, samples, settings=none).strangeness < STRANGE
    assert invert(generator, odd, samples, settings=none).strangeness > STRANGE


def test_agreement_is_the_share_of_pixels_of_the_same_class(samples: Tensor) -> None:
    generator = linear_generator()
    image = generator(samples[:1])[0].detach()
    still = InversionSettings(0, 0)
    assert invert(generator, image, samples, segmenter=Halves(), settings=still).agreement == 1.0
    assert invert(generator, -image, samples[:2], segmenter=Halves(), settings=still).agreement < 1.0
    assert invert(generator, image, samples, settings=still).agreement is None


def test_every_edit_acts_on_the_inverted_picture(samples: Tensor) -> None:
    generator = linear_generator()
    image = torch.linspace(-0.5, 0.5, 64).view(1, 8, 8)
    found = invert(generator, image, samples, layer="units", settings=SHORT)
    drawing = found.applied_to(generator)
    session = EditSession(drawing, "units", found.latent, Halves())
    torch.testing.assert_close(session.before, found.rendering)
    with torch.no_grad(), record(drawing, ["units"]) as seen, intervene(drawing, {"units": ablate([0])}):
        edited = drawing(found.latent)
    assert found.offset is not None
    with torch.no_grad():
        whole = generator.units(found.latent) + found.offset
    assert (seen["units"][:, 0] == 0).all()
    torch.testing.assert_close(edited, -0.05 * whole[:, 1:])
    with torch.no_grad():
        assert not torch.equal(generator(found.latent)[0], found.rendering), "the generator itself is as it was"


@pytest.mark.parametrize(
    ("make", "layer"),
    [
        (lambda: Tokens(once()), "mixed.mix~tokens"),
        (lambda: Tokens(Mixed()), "mixed.mix@last~tokens"),
        (lambda: Tokens(Mixed()), "mixed.mix@1~tokens"),
        (lambda: Tokens(once()), "image.colour:in"),
        (lambda: nn.Sequential(OrderedDict(mixed=Mixed(), image=OfTokens())), "mixed.mix@last~tokens"),
        (lambda: nn.Sequential(OrderedDict(mixed=Mixed(), image=OfTokens())), "mixed@last~tokens"),
        (lambda: nn.Sequential(OrderedDict(mixed=Mixed(), image=OfTokens())), "image:in~tokens"),
    ],
)
def test_an_offset_at_an_address_is_drawn_and_edited_on_top(
    samples: Tensor, make: Callable[[], nn.Module], layer: str
) -> None:
    torch.manual_seed(0)
    generator = make().eval()
    found = invert(generator, torch.linspace(-0.5, 0.5, 16).view(1, 4, 4), samples, layer=layer, settings=SHORT)
    assert found.offset is not None
    drawing = found.applied_to(generator)
    assert [name for name, _ in drawing.named_modules()] == [name for name, _ in generator.named_modules()]
    with torch.no_grad(), record(generator, [layer]) as own:
        assert not torch.allclose(generator(found.latent)[0], found.rendering)
    with torch.no_grad(), record(drawing, [layer]) as seen:
        for _ in range(3):  # runs are counted anew in each call
            torch.testing.assert_close(drawing(found.latent)[0], found.rendering)
            torch.testing.assert_close(seen[layer], own[layer] + found.offset)
    session = EditSession(drawing, layer, found.latent, Halves())
    torch.testing.assert_close(session.before, found.rendering)
    stroke = Stroke("add", UnitSet((0,), (0.0,), (7.0,)), torch.ones(4, 4))
    whole = own[layer] + found.offset
    whole[:, 0] = 7.0
    with torch.no_grad(), intervene(generator, {layer: lambda _: whole}):
        edited = generator(found.latent)[0]
    torch.testing.assert_close(session.paint([stroke], keep_outside=False).after, edited)
    two = session.variations([], [stroke, stroke], keep_outside=False)
    torch.testing.assert_close(torch.stack([each.after for each in two]), edited.expand(2, -1, -1, -1))


def test_an_offset_of_one_run_is_drawn_by_the_rest_of_a_chain(samples: Tensor) -> None:
    start = nn.Sequential(nn.Linear(3, 32), nn.Unflatten(1, (2, 4, 4)))
    generator = nn.Sequential(OrderedDict(start=start, twice=Twice(), image=nn.Conv2d(2, 1, 1))).eval()
    found = invert(generator, torch.zeros(1, 4, 4), samples, layer="twice.units@last", settings=SHORT)
    session = EditSession(found.applied_to(generator), "start", found.latent, Halves())
    torch.testing.assert_close(session.before, found.rendering)
    still = Stroke("amplify", UnitSet((0,), (0.0,), (0.0,)), torch.zeros(4, 4))
    for after in [each.after for each in session.variations([], [still, still], keep_outside=False)]:
        torch.testing.assert_close(after, found.rendering)


def test_the_mean_of_all_runs_is_refused(samples: Tensor) -> None:
    with pytest.raises(ValueError, match=r"choose one of them, as in mixed\.mix@last~tokens"):
        invert(Tokens(Mixed()).eval(), torch.zeros(1, 4, 4), samples, layer="mixed.mix@all~tokens", settings=SHORT)


def test_the_middle_layer_may_be_an_address(samples: Tensor) -> None:
    generator = Tokens(Mixed()).eval()
    layer = middle_layer(generator, samples)
    assert layer == "mixed~tokens"
    found = invert(generator, torch.zeros(1, 4, 4), samples, layer=layer, settings=SHORT)
    torch.testing.assert_close(found.applied_to(generator)(found.latent)[0], found.rendering)


def test_an_inversion_comes_back_from_its_file_and_knows_its_generator(samples: Tensor, tmp_path: Path) -> None:
    generator = linear_generator()
    found = invert(generator, torch.zeros(1, 8, 8), samples, layer="units", segmenter=Halves(), settings=SHORT)
    found.save(tmp_path / "a.safetensors", {"seed": 3})
    again = Inversion.load(tmp_path / "a.safetensors")
    assert again.curve == found.curve
    assert (again.layer, again.pixel_l1, again.agreement) == ("units", found.pixel_l1, found.agreement)
    assert again.offset is not None
    assert found.offset is not None
    assert torch.equal(again.offset, found.offset)
    torch.testing.assert_close(again.applied_to(generator)(again.latent)[0], found.rendering)
    with pytest.raises(LabError, match="belongs to another generator"):
        again.applied_to(linear_generator(seed=1))
    with pytest.raises(FileExistsError):
        found.save(tmp_path / "a.safetensors")
    alone = invert(generator, torch.zeros(1, 8, 8), samples, settings=SHORT)
    alone.save(tmp_path / "b.safetensors")
    assert Inversion.load(tmp_path / "b.safetensors").edits() == {}
    encoder, _ = train_encoder(generator, latents, steps=1, rng=chance())
    encoder.save(tmp_path / "c.safetensors")
    with pytest.raises(LabError, match="holds no inversion"):
        Inversion.load(tmp_path / "c.safetensors")


def test_an_encoder_begins_and_one_of_another_generator_is_refused(samples: Tensor) -> None:
    generator = linear_generator()
    image = generator(torch.tensor([[1.5, -1.5, 1.5]]))[0].detach()
    encoder, _ = train_encoder(generator, latents, layer="units", steps=150, rng=chance())
    found = invert(generator, image, samples, encoder=encoder, settings=SHORT)
    assert (found.start, found.layer) == ("encoder", "units")
    other = linear_generator()
    with torch.no_grad():
        other.image.weight.mul_(1.001)
    with pytest.raises(LabError, match="this encoder belongs to another generator"):
        invert(other, image, samples, encoder=encoder, settings=SHORT)


def test_a_broken_encoder_is_told(samples: Tensor) -> None:
    generator = linear_generator()
    encoder, _ = train_encoder(generator, latents, steps=1, rng=chance())
    encoder.net.latent_mean.fill_(math.nan)
    with pytest.raises(ValueError, match="the encoder answers with NaN"):
        invert(generator, torch.zeros(1, 8, 8), samples, encoder=encoder, settings=SHORT)


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (torch.zeros(1, 8, 9), "expected an image"),
        (torch.zeros(3, 8, 8), "expected an image"),
        (torch.zeros(1, 1, 8, 8), "expected an image"),
        (torch.zeros(1, 8, 8, dtype=torch.uint8), "expected an image"),
        (torch.full((1, 8, 8), math.nan), "NaN or infinite"),
        (torch.full((1, 8, 8), 2.0), r"in \[-1, 1\], got 2.00"),
    ],
)
def test_odd_images_are_refused(image: Tensor, told: str, samples: Tensor) -> None:
    with pytest.raises(ValueError, match=told):
        invert(linear_generator(), image, samples, settings=SHORT)


def test_odd_latents_layers_and_settings_are_refused(samples: Tensor) -> None:
    generator, image = linear_generator(), torch.zeros(1, 8, 8)
    with pytest.raises(ValueError, match="at least 2 latents"):
        invert(generator, image, samples[:1], settings=SHORT)
    with pytest.raises(ValueError, match="all finite"):
        invert(generator, image, torch.full((4, 3), math.nan), settings=SHORT)
    with pytest.raises(ValueError, match="no layer is called 'unit'"):
        invert(generator, image, samples, layer="unit", settings=SHORT)
    with pytest.raises(ValueError, match="expected \\(N, units, height, width\\)"):
        invert(generator, image, samples, layer="units.0", settings=SHORT)
    with torch.no_grad():
        generator.image.weight.fill_(math.inf)
    with pytest.raises(ValueError, match="the generator draws NaN"):
        invert(generator, image, samples, settings=SHORT)
    for wrong in ({"latent_steps": -1}, {"seconds": 0.0}, {"seconds": math.nan}, {"latent_part": 1.5},
                  {"feature_rate": 0.0}, {"prior": -1.0}, {"prior": math.nan}):  # fmt: skip
        with pytest.raises(ValueError, match="expected"):
            InversionSettings(**wrong)


def test_the_perceptual_distance_sees_what_its_network_sees(samples: Tensor) -> None:
    eyes = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.ReLU())
    with torch.no_grad():
        eyes[0].weight.copy_(torch.randn(4, 1, 3, 3, generator=chance()))
    seen = Perceptual(eyes, torch.zeros(1, 1, 8, 8))
    assert seen.layers == ("1",)
    generator = linear_generator()
    image = generator(torch.tensor([[0.5, 0.5, -0.5]]))[0].detach()
    settings = InversionSettings(latent_steps=200, feature_steps=0, prior=0.0, perceptual=0.3)
    found = invert(generator, image, samples, perceptual=seen, settings=settings)
    torch.testing.assert_close(found.latent, torch.tensor([[0.5, 0.5, -0.5]]), atol=0.02, rtol=0)
    assert all(each.grad is None for each in eyes.parameters())
    plain = invert(generator, image, samples, settings=settings)
    assert plain.curve[0].loss < found.curve[0].loss
    with pytest.raises(ValueError, match="no layer that puts out maps"):
        Perceptual(nn.Flatten(), torch.zeros(1, 1, 8, 8))


def test_the_middle_layer_has_eight_cells_a_side() -> None:
    steps = [nn.Sequential(nn.Linear(3, 64), nn.Unflatten(1, (4, 4, 4)))]
    steps += [nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 1)) for _ in range(2)]
    grown = nn.Sequential(*steps, nn.Conv2d(4, 1, 1))
    assert middle_layer(grown, torch.zeros(1, 3)) == "1"
    assert middle_layer(nn.Sequential(steps[0], nn.Conv2d(4, 1, 1)), torch.zeros(1, 3)) == "0"
    assert middle_layer(linear_generator(), torch.zeros(1, 3)) is None
