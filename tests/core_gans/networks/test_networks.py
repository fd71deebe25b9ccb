"""Network families: the shapes of every size, and what the DCGAN paper says of its layers."""

import math
import re

import pytest
import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.networks import FAMILIES, Architecture, family
from core_gans.networks.architecture import Normalisation, Upsampling
from core_gans.networks.autoencoder import EnergyAutoencoder
from core_gans.networks.blocks import SIZES
from core_gans.networks.dropout import Dropout
from core_gans.networks.fourier import WAVES, FourierFeatures
from core_gans.networks.maxout import Maxout


def built(kind: str, **fields: object) -> tuple[nn.Module, nn.Module]:
    numbers = {"shape": (1, 16, 16), "latent": 5, "width": 4, **fields}
    architecture = Architecture(**numbers)  # type: ignore[arg-type]
    return family(kind).generator(architecture), family(kind).discriminator(architecture)


def named_shapes(network: nn.Module, given: Tensor) -> dict[str, tuple[int, ...]]:
    """The shape that every child of ``network`` makes of ``given``."""
    shapes = {}
    for name, layer in network.named_children():
        given = layer(given)
        shapes[name] = tuple(given.shape)
    return shapes


def all_of(network: nn.Module, *kinds: type[nn.Module]) -> list[nn.Module]:
    return [module for module in network.modules() if isinstance(module, kinds)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("upsampling", ["transpose", "resize"])
@pytest.mark.parametrize("colours", [1, 3])
def test_dcgan_draws_and_scores_every_size(size: int, upsampling: Upsampling, colours: int) -> None:
    width = 16 * 4 // size or 1
    generator, discriminator = built("dcgan", shape=(colours, size, size), width=width, upsampling=upsampling)
    images = generator(torch.randn(3, 5))
    assert images.shape == (3, colours, size, size)
    assert images.abs().max() <= 1
    assert discriminator(images).shape == (3,)


@pytest.mark.parametrize("kind", ["dcgan", "autoencoder"])
@pytest.mark.parametrize("upsampling", ["transpose", "resize"])
@pytest.mark.parametrize(
    ("height", "width", "block"),
    [(16, 64, (4, 16)), (64, 32, (8, 4)), (28, 28, (7, 7)), (32, 48, (4, 6)), (96, 64, (6, 4)), (20, 20, (5, 5))],
)
def test_rectangles_grow_from_a_small_one(
    kind: str, upsampling: Upsampling, height: int, width: int, block: tuple[int, int]
) -> None:
    generator, discriminator = built(kind, shape=(4, height, width), width=2, upsampling=upsampling)
    images = generator(torch.randn(3, 5))
    assert images.shape == (3, 4, height, width)
    assert discriminator(images).shape == (3,)
    side = min(block)
    assert named_shapes(generator, torch.randn(2, 5))[f"block{side}"][2:] == block
    names = [name for name, _ in generator.named_children() if name.startswith("block")]
    assert names == [f"block{side << step}" for step in range(len(names))]


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        ((1, 100, 100), "choose --size 96 or"),
        ((3, 30, 30), "choose --size 32 or"),
        ((3, 8, 8), "choose --size 16 or"),
        ((3, 100, 200), "choose --size 192x96 or"),
        ((3, 64, 70), "choose --size 64 or"),
        ((3, 512, 512), "choose --size 256 or"),
        ((2,), "choose images or"),
    ],
)
def test_a_size_that_cannot_grow_names_the_nearest_that_can(shape: tuple[int, ...], remedy: str) -> None:
    with pytest.raises(LabError, match=remedy):
        built("dcgan", shape=shape)


@pytest.mark.parametrize("shape", [(2,), (3, 16, 16), (1, 20, 30)])
def test_mlp_makes_points_and_small_images(shape: tuple[int, ...]) -> None:
    generator, discriminator = built("mlp", shape=shape)
    examples = generator(torch.randn(3, 5))
    assert examples.shape == (3, *shape)
    assert discriminator(examples).shape == (3,)


def test_mlp_bounds_images_and_leaves_points_free() -> None:
    far = torch.full((2, 5), 1e6)
    assert built("mlp", shape=(1, 4, 4))[0](far).abs().max() <= 1
    assert built("mlp", shape=(2,))[0](far).abs().max() > 1


@pytest.mark.parametrize("depth", [1, 4])
def test_mlp_has_as_many_hidden_layers_as_asked(depth: int) -> None:
    for network in built("mlp", shape=(2,), depth=depth):
        assert len(all_of(network, nn.Linear)) == depth + 1


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("normalisation", ["batch", "instance", "spectral", "none"])
def test_every_normalisation_of_every_family_learns(kind: str, normalisation: Normalisation) -> None:
    if kind == "r3gan" and normalisation != "none":  # what it was made for is to need none
        with pytest.raises(LabError, match="the r3gan family has no normalisation"):
            built(kind, normalisation=normalisation)
        return
    _, discriminator = built(kind, normalisation=normalisation)
    score = discriminator(torch.randn(4, 1, 16, 16)).square().mean()
    score.backward()
    # of a network that grows, the colours of the smaller stages rest
    learning = [each for name, each in discriminator.named_parameters() if not re.search(r"colours[48]\.", name)]
    assert learning
    assert all(parameter.grad is not None for parameter in learning)


class TestTheDCGANPaper:
    """100 numbers to 64x64 pixels. Radford et al. 2016, figure 1 and section 3."""

    def test_a_projection_and_four_up_convolutions_lead_from_100_numbers_to_64_pixels(self) -> None:
        generator, _ = built("dcgan", shape=(3, 64, 64), latent=100, width=8)
        assert named_shapes(generator, torch.randn(2, 100)) == {
            "block4": (2, 64, 4, 4),
            "block8": (2, 32, 8, 8),
            "block16": (2, 16, 16, 16),
            "block32": (2, 8, 32, 32),
            "image": (2, 3, 64, 64),
            "tanh": (2, 3, 64, 64),
        }
        convolutions = all_of(generator, nn.ConvTranspose2d)
        assert [layer.stride for layer in convolutions] == [(1, 1), (2, 2), (2, 2), (2, 2), (2, 2)]

    def test_the_discriminator_goes_the_same_way_back(self) -> None:
        _, discriminator = built("dcgan", shape=(3, 64, 64), width=8)
        shapes = named_shapes(discriminator, torch.randn(2, 3, 64, 64))
        assert list(shapes.values()) == [
            (2, 8, 32, 32),
            (2, 16, 16, 16),
            (2, 32, 8, 8),
            (2, 64, 4, 4),
            (2, 1, 1, 1),
            (2,),
        ]

    def test_no_pooling_and_no_fully_connected_layers(self) -> None:
        for network in built("dcgan"):
            assert not all_of(network, nn.Linear, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)

    def test_batch_normalisation_everywhere_but_at_the_image(self) -> None:
        generator, discriminator = built("dcgan", shape=(1, 64, 64))
        assert len(all_of(generator, nn.BatchNorm2d)) == 4
        assert len(all_of(discriminator, nn.BatchNorm2d)) == 3
        assert not all_of(discriminator.get_submodule("block32"), nn.BatchNorm2d)
        assert len(all_of(generator, nn.ReLU)) == 4
        assert {layer.negative_slope for layer in all_of(discriminator, nn.LeakyReLU)} == {0.2}

    @pytest.mark.parametrize("upsampling", ["transpose", "resize"])
    def test_weights_start_at_a_deviation_of_002_around_zero_and_scales_around_one(
        self, upsampling: Upsampling
    ) -> None:
        for network in built("dcgan", shape=(1, 32, 32), width=32, latent=100, upsampling=upsampling):
            convolutions = torch.cat([p.flatten() for p in network.parameters() if p.dim() > 1])
            assert convolutions.mean().item() == pytest.approx(0, abs=6 * 0.02 / math.sqrt(len(convolutions)))
            assert convolutions.std().item() == pytest.approx(0.02, rel=0.02)
            scales = torch.cat([layer.weight for layer in all_of(network, nn.BatchNorm2d)])
            assert scales.mean().item() == pytest.approx(1, abs=0.01)
            assert 0.01 < scales.std().item() < 0.03
            assert all(p.abs().max() == 0 for name, p in network.named_parameters() if name.endswith("bias"))


def test_resizing_ends_in_a_convolution_at_full_size_and_transposes_only_the_projection() -> None:
    generator, _ = built("dcgan", shape=(1, 32, 32), upsampling="resize")
    shapes = named_shapes(generator, torch.randn(2, 5))
    assert list(shapes) == ["block4", "block8", "block16", "block32", "image", "tanh"]
    assert shapes["block32"][2:] == shapes["image"][2:] == (32, 32)
    assert len(all_of(generator, nn.ConvTranspose2d)) == 1


def test_channels_of_ones_own() -> None:
    generator, discriminator = built("dcgan", shape=(1, 32, 32), channels=(9, 7, 5), discriminator_channels=(2, 3, 4))
    assert [shape[1] for shape in named_shapes(generator, torch.randn(1, 5)).values()] == [9, 7, 5, 1, 1]
    assert [s[1] for s in list(named_shapes(discriminator, torch.randn(2, 1, 32, 32)).values())[:3]] == [2, 3, 4]


@pytest.mark.parametrize(("kind", "shape"), [("dcgan", (1, 16, 16)), ("mlp", (2,))])
def test_spectral_normalisation_bounds_the_slope_of_a_layer(kind: str, shape: tuple[int, ...]) -> None:
    _, discriminator = built(kind, shape=shape, normalisation="spectral", width=8)
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.mul_(50)
        for _ in range(60):  # power iterations
            discriminator(torch.randn(4, *shape))
    layers = all_of(discriminator.eval(), nn.Conv2d, nn.Linear)
    assert len(layers) > 2
    for layer in layers:
        assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=0.02)


def test_a_wrong_number_of_channels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^channels needs 2 positive numbers at this size, got \(8, 8, 8\)"):
        built("dcgan", channels=(8, 8, 8))
    with pytest.raises(ValueError, match="discriminator channels needs 2 positive numbers"):
        built("dcgan", discriminator_channels=(0, 8))


@pytest.mark.parametrize("number", ["latent", "width", "depth"])
def test_numbers_below_one_are_refused(number: str) -> None:
    with pytest.raises(LabError, match=f"expected a {number} of at least 1, got 0"):
        built("mlp", **{number: 0})


def test_a_misspelt_family_lists_the_nearest() -> None:
    with pytest.raises(ValueError, match="no network family is called 'dcgna': did you mean dcgan"):
        family("dcgna")


class TestTheFirstGAN:
    """Rectifiers and a sigmoid against maxout and dropout. Goodfellow et al. 2014, section 5."""

    def test_a_maxout_unit_is_the_largest_of_its_pieces(self) -> None:
        x = torch.tensor([[1.0, 5.0, 2.0, -1.0, -7.0, -3.0]])
        assert Maxout(3)(x).tolist() == [[5, -1]]
        assert Maxout(2)(x).tolist() == [[5, 2, -3]]
        assert Maxout(6)(x).tolist() == [[5]]

    def test_maxout_is_convex_and_teaches_the_winning_piece_alone(self) -> None:
        x = torch.tensor([[1.0, 5.0, 2.0]], requires_grad=True)
        (slope,) = torch.autograd.grad(Maxout(3)(x).sum(), x)
        assert slope.tolist() == [[0, 1, 0]]
        rng = torch.Generator().manual_seed(0)
        one, other = torch.randn(2, 50, 20, generator=rng)
        assert (Maxout(5)((one + other) / 2) <= (Maxout(5)(one) + Maxout(5)(other)) / 2 + 1e-6).all()

    def test_the_discriminator_has_maxout_and_drops_a_fifth_of_its_inputs_and_half_of_its_units(self) -> None:
        generator, discriminator = built("maxout", depth=2, width=6)
        assert [layer.share for layer in all_of(discriminator, Dropout)] == [0.2, 0.5, 0.5]
        assert [layer.out_features for layer in all_of(discriminator, nn.Linear)] == [30, 30, 1]
        assert [layer.in_features for layer in all_of(discriminator, nn.Linear)] == [256, 6, 6]
        assert not all_of(discriminator, nn.ReLU, nn.LeakyReLU)
        assert len(all_of(generator, nn.ReLU)) == 2
        assert not all_of(generator, Dropout, Maxout)

    def test_the_generator_s_images_are_sigmoids_of_its_last_layer(self) -> None:
        generator, _ = built("maxout", shape=(1, 4, 4))
        latents = torch.randn(7, 5)
        shares = (generator(latents).flatten(1) + 1) / 2
        hidden = latents
        for name, layer in generator.named_children():
            if name == "sigmoid":
                break
            hidden = layer(hidden)
        torch.testing.assert_close(torch.logit(shares), hidden, rtol=1e-3, atol=1e-4)
        assert generator(torch.full((2, 5), 1e6)).abs().max() <= 1

    def test_points_are_unbounded(self) -> None:
        generator, _ = built("maxout", shape=(2,), width=64)
        assert generator(torch.randn(20, 5) * 1e6).abs().max() > 1

    def test_in_evaluation_a_score_is_the_same_every_time(self) -> None:
        _, discriminator = built("maxout")
        images = torch.randn(3, 1, 16, 16)
        assert not torch.equal(discriminator(images), discriminator(images))
        assert torch.equal(discriminator.eval()(images), discriminator(images))


class TestAutoencoders:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("upsampling", ["transpose", "resize"])
    def test_every_size_is_coded_and_reconstructed(self, size: int, upsampling: Upsampling) -> None:
        generator, discriminator = built(
            "autoencoder", shape=(3, size, size), width=16 * 4 // size or 1, code=7, upsampling=upsampling
        )
        assert isinstance(discriminator, EnergyAutoencoder)
        images = generator(torch.randn(3, 5))
        codes = discriminator.encode(images)
        assert codes.shape == (3, 7)
        assert discriminator.decoder(codes).shape == images.shape
        assert discriminator(images).shape == (3,)

    def test_the_decoder_mirrors_the_encoder(self) -> None:
        _, discriminator = built("autoencoder", shape=(1, 32, 32), discriminator_channels=(2, 3, 4), code=6)
        assert isinstance(discriminator, EnergyAutoencoder)
        down = list(named_shapes(discriminator.encoder, torch.randn(2, 1, 32, 32)).values())
        up = list(named_shapes(discriminator.decoder, torch.randn(2, 6)).values())
        assert down == [(2, 2, 16, 16), (2, 3, 8, 8), (2, 4, 4, 4), (2, 64), (2, 6)]
        assert up == [(2, 4, 4, 4), (2, 3, 8, 8), (2, 2, 16, 16), (2, 1, 32, 32), (2, 1, 32, 32)]

    @pytest.mark.parametrize("normalisation", ["batch", "instance", "spectral", "none"])
    def test_batch_normalisation_is_in_the_discriminator_only_when_asked(self, normalisation: Normalisation) -> None:
        _, discriminator = built("autoencoder", normalisation=normalisation)
        assert bool(all_of(discriminator, nn.BatchNorm2d)) == (normalisation == "batch")

    def test_the_head_is_of_no_meaning(self) -> None:
        _, one = built("autoencoder", head="logit")
        _, two = built("autoencoder", head="softmax")
        assert [p.shape for p in one.parameters()] == [p.shape for p in two.parameters()]


class TestGeneratorsWithoutBatchNormalisation:
    @pytest.mark.parametrize("kind", ["dcgan", "autoencoder"])
    @pytest.mark.parametrize("upsampling", ["transpose", "resize"])
    def test_it_has_none_and_biases_instead(self, kind: str, upsampling: Upsampling) -> None:
        plain, _ = built(kind, generator_normalisation="none", upsampling=upsampling)
        normalised, _ = built(kind, upsampling=upsampling)
        assert not all_of(plain, nn.BatchNorm2d)
        assert all_of(normalised, nn.BatchNorm2d)
        weights = [parameter for parameter in plain.parameters() if parameter.dim() > 1]
        biases = [parameter for parameter in plain.parameters() if parameter.dim() == 1]
        assert len(weights) == len(biases)

    def test_a_sample_does_not_depend_on_the_others_even_in_training(self) -> None:
        latents = torch.randn(6, 5)
        plain, _ = built("dcgan", generator_normalisation="none")
        normalised, _ = built("dcgan")
        torch.testing.assert_close(plain(latents)[:2], plain(latents[:2]))
        assert not torch.allclose(normalised(latents)[:2], normalised(latents[:2]), atol=1e-4)


def test_fourier_features_keep_the_point_and_add_its_waves() -> None:
    layer = FourierFeatures(2, scale=3.0)
    points = torch.randn(50, 2)
    seen = layer(points)
    assert seen.shape == (50, 2 + 2 * WAVES)
    kept, sines, cosines = seen.split((2, WAVES, WAVES), dim=1)
    assert torch.equal(kept, points)
    assert torch.allclose(sines**2 + cosines**2, torch.ones(50, WAVES), atol=1e-6)
    moved = layer(points + 0.01 * torch.tensor([1.0, 0.0]))[:, 2 : 2 + WAVES]
    slope = (moved - sines) / 0.01
    assert torch.allclose(slope, cosines * layer.waves[0], atol=0.01 * 3 * float(layer.waves.square().max()) / 2)


def test_a_discriminator_with_fourier_features_learns_a_narrow_mode_sooner() -> None:
    def loss(fourier: float) -> float:
        torch.manual_seed(0)
        _, discriminator = built("mlp", shape=(2,), width=32, depth=2, fourier=fourier)
        optimizer = torch.optim.Adam(discriminator.parameters(), 3e-3)
        points = torch.rand(2000, 2) * 4 - 2
        labels = (points.mul(4.4).cos().prod(1) > 0.6).float()  # spots on a grid
        for _ in range(150):
            found = nn.functional.binary_cross_entropy_with_logits(discriminator(points), labels)
            optimizer.zero_grad()
            found.backward()
            optimizer.step()
        return found.item()

    assert loss(fourier=2.0) < 0.5 * loss(fourier=0.0)


def test_a_negative_scale_of_waves_is_refused() -> None:
    with pytest.raises(LabError, match=r"scale of the Fourier features of at least 0, got -1"):
        built("mlp", fourier=-1.0)
