"""Published generators: what the authors' own code drew from the same weights is drawn here, and files are told apart.

The expected numbers were made once by the authors' public code on a CPU, with the weights of ``foreign_weights``.
"""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from core_gans.foreign import PUBLISHED, diffusion, layout_of, open_published
from core_gans.foreign.biggan import of_biggan
from core_gans.foreign.diffusion import of_autoencoder, of_denoiser
from core_gans.foreign.relativistic import of_relativistic
from core_gans.foreign.residual import of_mimicry
from core_gans.foreign.stylegan2_layouts import of_ada, of_rosinality
from core_gans.foreign.stylegan3_layout import of_alias_free
from core_gans.foreign.transposed import of_example
from core_gans.foreign.weights import read_weights, state_of
from core_gans.foundation.errors import LabError
from dissect import ablate, intervene, record
from dissect.commands.opening import Source
from tests.core_gans import foreign_weights as theirs

SHAPES = {
    "stylegan2": theirs.rosinality(channels=16),
    "stylegan2-ada": theirs.ada(),
    "stylegan3": theirs.alias_free(),
    "biggan-deep": theirs.biggan(),
    "sngan": theirs.mimicry(),
    "dcgan": theirs.example(),
    "progan": theirs.gandissect(),
    "r3gan": theirs.relativistic(),
    "vae": theirs.autoencoder(),
    "ddpm": theirs.denoiser(),
}


def told(images: Tensor) -> Tensor:
    """Three pixels, mean and deviation."""
    found = [images[0, 0, 1, 2], images[0, 1, -2, 3], images[1, 2, 5, -1], images.mean(), images.std()]
    return torch.stack(found)


def expect(images: Tensor, *numbers: float) -> None:
    torch.testing.assert_close(told(images), torch.tensor(numbers), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_stylegan2_of_rosinality_draws_what_its_authors_code_draws():
    weights = theirs.filled(theirs.rosinality())
    mean = torch.randn(16, generator=torch.Generator().manual_seed(9))
    net = of_rosinality({**weights, "latent_avg": mean})
    expect(net(theirs.latents(16)), -2.22453, -3.88575, 1.11811, -0.94755, 1.97677)
    net.truncation = 0.5
    expect(net(theirs.latents(16)), -6.14794, -2.59566, 0.59219, -1.66382, 2.52971)


@torch.no_grad()
def test_stylegan2_ada_draws_what_its_authors_code_draws():
    net = of_ada(theirs.filled(theirs.ada()))
    z = theirs.latents(16)
    expect(net(z), -1.22883, -0.05699, 0.95649, 1.53158, 2.33167)
    net.truncation = 0.5
    expect(net(z), -4.60026, 1.20737, -3.43418, -2.50368, 2.89863)
    net.truncation = 1.0
    net.set_noise("none")
    expect(net(z), -1.79297, -0.00333, 0.94999, 1.54241, 2.04733)


@torch.no_grad()
@pytest.mark.parametrize(
    ("radial", "numbers", "halfway"),
    [
        (False, (-0.38699, 0.0784, -0.20596, -0.16776, 0.18857), (-0.13237, 0.09237, -0.06902, -0.03999, 0.09765)),
        (True, (1.08678, 0.9728, 0.50549, 0.85653, 0.25257), (1.39101, 1.07849, 1.11618, 1.19798, 0.13527)),
    ],
)
def test_stylegan3_draws_what_its_authors_code_draws(radial, numbers, halfway):
    net = of_alias_free(theirs.filled(theirs.alias_free(radial)))
    z = theirs.latents(16)
    expect(net(z), *numbers)
    net.truncation = 0.5
    expect(net(z), *halfway)
    net.space = "w+"
    each = net.latents(2, torch.Generator().manual_seed(0))
    assert each.shape == (2, 7, 12)
    assert net(each).shape == (2, 3, 32, 32)


@torch.no_grad()
def test_the_inside_of_a_layer_of_stylegan3_lies_where_the_picture_does():
    """A shift by a cell of 16 moves the maps inside the picture by one cell, to the number: no margin is in the way."""
    net = of_alias_free(theirs.filled(theirs.alias_free()))
    z = theirs.latents(16)
    seen = []
    for shift in (0.0, 1 / 16):
        net.input.transform.copy_(torch.eye(3))
        net.input.transform[0, 2] = shift
        net.input.affine.weight.zero_()  # no turn of its own
        net.input.affine.bias.copy_(torch.tensor([1.0, 0, 0, 0]))
        with record(net, ["input.inside", "L0_36_6.inside", "L2_52_6.inside"]) as maps:
            net(z)
            seen.append(dict(maps))
    for layer in ("input.inside", "L0_36_6.inside"):
        assert seen[0][layer].shape == (2, 6, 16, 16)
        torch.testing.assert_close(seen[1][layer][..., :-1], seen[0][layer][..., 1:], rtol=1e-4, atol=1e-4)
    assert seen[0]["L2_52_6.inside"].shape == (2, 6, 32, 32)


def test_a_stylegan3_that_is_not_whole_is_said_in_a_line():
    weights = theirs.filled(theirs.alias_free())
    for change, words in (
        ({"synthesis.L2_52_6.weight": None}, "expected layers L0, L1 and so on, got L0_36_6, L1_36_6, L3_52_6"),
        ({"synthesis.L2_52_6.bias": None}, r"expected weights called synthesis\.L2_52_6\.bias"),
        ({"synthesis.L0_36_6.up_filter": None}, r"expected weights called synthesis\.L0_36_6\.up_filter"),
        ({"mapping.embed.weight": torch.zeros(2, 2)}, "this StyleGAN3 takes labels"),
        ({"synthesis.L4_32_6.noise": torch.zeros(2)}, r"no place for synthesis\.L4_32_6\.noise"),
    ):
        changed = {name: value for name, value in {**weights, **change}.items() if value is not None}
        with pytest.raises(LabError, match=words):
            of_alias_free(changed)
    wider = {name.replace("L0_36", "L0_40"): value for name, value in weights.items()}
    with pytest.raises(LabError, match="a power of 2 and 10 cells of margin on each side, got 40"):
        of_alias_free(wider)


@torch.no_grad()
@pytest.mark.parametrize(
    ("truncation", "numbers"),
    [(1.0, (-0.66762, 0.96263, -0.72651, -0.20266, 0.7985)), (0.43, (0.67903, 0.92624, 0.47097, -0.10362, 0.71177))],
)
def test_biggan_deep_draws_what_its_authors_code_draws(truncation, numbers):
    net = of_biggan(theirs.filled(theirs.biggan()), truncation)
    expect(net(theirs.latents(6), torch.tensor([1, 3])), *numbers)
    assert net.latents(500, torch.Generator().manual_seed(0)).abs().max() <= 2 * truncation


@torch.no_grad()
def test_sngan_of_mimicry_draws_what_its_authors_code_draws():
    images = of_mimicry(theirs.filled(theirs.mimicry()))(theirs.latents(7))
    expect(images, 1.0, -1.0, -1.0, -0.3903, 0.91539)


@torch.no_grad()
def test_the_dcgan_example_draws_what_its_layers_draw():
    weights = theirs.filled(theirs.example())
    layers = nn.Sequential(
        *(nn.ConvTranspose2d(5, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8), nn.ReLU(True)),
        *(nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU(True)),
        *(nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False), nn.Tanh()),
    ).eval()
    layers.load_state_dict({name.removeprefix("main."): value for name, value in weights.items()}, strict=False)
    z = theirs.latents(5)[:, :, None, None]
    assert torch.equal(of_example(weights)(z), layers(z))


@torch.no_grad()
def test_r3gan_draws_what_its_authors_code_draws_with_and_without_classes():
    net = of_relativistic(theirs.scaled(theirs.relativistic()))
    expect(net(theirs.latents(8)), -1.86975, 3.37689, -2.71894, -0.81494, 3.02072)
    conditional = of_relativistic(theirs.scaled(theirs.relativistic(classes=3)))
    expect(conditional(theirs.latents(8), torch.tensor([2, 0])), -1.31811, 2.45121, -2.19507, -1.06964, 2.98532)


@torch.no_grad()
def test_the_decoder_of_an_autoencoder_draws_what_its_authors_code_draws():
    weights = theirs.scaled(theirs.autoencoder())
    z = torch.randn(2, 4, 4, 4, generator=torch.Generator().manual_seed(5))
    expect(of_autoencoder(weights)(z), -0.1231, -0.10763, 0.50882, 0.30306, 0.83289)
    older = {
        name.replace("to_q.", "query.").replace("to_out.0.", "proj_attn."): value for name, value in weights.items()
    }
    assert torch.equal(of_autoencoder({**older, "encoder.conv_in.bias": torch.zeros(1)})(z), of_autoencoder(weights)(z))


@torch.no_grad()
def test_a_denoiser_draws_what_its_authors_code_draws():
    net = of_denoiser(theirs.scaled(theirs.denoiser()))
    noise = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(5))
    each = torch.cat(
        [net.unet(picture[None], torch.tensor(step)) for picture, step in zip(noise, (3, 700), strict=True)]
    )
    expect(each, -0.9863, -0.76277, 0.68969, -0.34612, 0.73634)
    net.steps = 5
    expect(net(noise), 0.7753, -0.02547, -0.67924, 0.15256, 0.7309)


@torch.no_grad()
def test_styles_are_latents_too():
    net = of_ada(theirs.filled(theirs.ada()))
    z = theirs.latents(16)
    images, w = net(z), net.styles(z)
    net.space = "w"
    assert torch.equal(net(w), images)
    net.space = "w+"
    each = w[:, None].repeat(1, net.layers, 1)
    assert torch.equal(net(each), images)
    each[:, -1] += 1  # of the last image alone
    with record(net, ["b16"]) as seen:
        assert not torch.equal(net(each), images)
        features = seen["b16"]
    each[:, -1] -= 1
    with record(net, ["b16"]) as seen:
        net(each)
    torch.testing.assert_close(seen["b16"], features)
    with pytest.raises(LabError, match=r"expected latents of w\+, got the shape \(2, 16\)"):
        net(z)


@torch.no_grad()
def test_style_channels_are_units():
    net = of_ada(theirs.filled(theirs.ada()))
    z = theirs.latents(16)
    with record(net, ["b8.conv1:in", "b8.conv1.affine~vector"]) as seen:
        net(z)
    scaled = seen["b8.conv1:in"] * seen["b8.conv1.affine~vector"]
    assert scaled.shape == (2, 16, 8, 8)
    with intervene(net, {"b8.conv1.affine~vector": ablate([3])}):
        silenced = net(z)
    with intervene(net, {"b8.conv1:in": ablate([3])}), record(net, ["b8.conv1"]) as seen:
        net(z)
    without = seen["b8.conv1"]
    with intervene(net, {"b8.conv1.affine~vector": ablate([3])}), record(net, ["b8.conv1"]) as seen:
        assert torch.equal(net(z), silenced)
    assert seen["b8.conv1"].shape == without.shape
    assert not torch.equal(silenced, net(z))


@pytest.mark.parametrize("name", SHAPES)
def test_a_layout_is_told_by_its_names_and_opened_by_the_command(name, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(diffusion, "PIXELS", 8)
    monkeypatch.setattr(diffusion.Denoiser.__init__, "__defaults__", (2,))
    weights = theirs.filled(SHAPES[name])
    assert layout_of(weights) == next(each for each in PUBLISHED if each.name == name)
    wrapped = {"stylegan2": {"g_ema": weights}, "sngan": {"model_state_dict": weights}}.get(name, weights)
    torch.save(wrapped, tmp_path / "theirs.pt")
    label = "1" if name == "biggan-deep" else None
    by_name = Source(generator=f"{name}:{tmp_path / 'theirs.pt'}", label=label).open()
    found = Source(generator=str(tmp_path / "theirs.pt"), label=label).open()
    z = found.example(2)
    with torch.no_grad():
        assert torch.equal(by_name.net(z), found.net(z))
    assert found.layers()[0]


def test_weights_of_half_precision_and_of_parallel_training_are_opened(tmp_path: Path):
    weights = theirs.filled(theirs.example())
    save_file({f"module.{name}": value.bfloat16() for name, value in weights.items()}, tmp_path / "half.safetensors")
    net, layout = open_published(tmp_path / "half.safetensors")
    assert layout.name == "dcgan"
    rounded = of_example({name: value.bfloat16().float() for name, value in weights.items()})
    z = theirs.latents(5)
    assert torch.equal(net(z), rounded(z))


def test_what_cannot_be_opened_is_said_in_a_line(tmp_path: Path):
    weights = theirs.filled(theirs.ada())
    path = tmp_path / "w.pt"
    for change, words in (
        ({"synthesis.b8.conv1.affine.weight": None}, r"expected weights called synthesis\.b8\.conv1\.affine\.weight"),
        ({"synthesis.b8.conv1.bias": torch.zeros(3)}, r"b8\.conv1\.bias has the shape \(3,\), not \(16,\)"),
        ({"mapping.fc0.bias": torch.full((12,), torch.nan)}, r"NaN or infinite numbers in mapping\.1\.bias"),
        ({"mapping.embed.weight": torch.zeros(2, 2)}, "takes labels"),
        ({"synthesis.b16.conv0.up": torch.zeros(2)}, r"no place for synthesis\.b16\.conv0\.up: what they are for"),
        ({"synthesis.b8.conv1.weight": None}, r"expected blocks of 4, 8, 16 and so on pixels, got 4, 16: is it whole"),
        ({"synthesis.b16.conv1.weight": None}, r"no place for synthesis\.b16\..* and 5 more"),
        ({"synthesis.b4.const": torch.zeros(24, 3, 5)}, r"b4\.const has the shape \(24, 3, 5\), not \(24, 4, 4\)"),
    ):
        changed = {name: value for name, value in {**weights, **change}.items() if value is not None}
        torch.save(changed, path)
        with pytest.raises(LabError, match=words):
            open_published(path)
    torch.save(weights, path)
    with pytest.raises(LabError, match=r"does not hold biggan-deep .*: it looks like stylegan2-ada"):
        open_published(path, "biggan-deep")
    with pytest.raises(ValueError, match="did you mean stylegan3 or stylegan2"):
        open_published(path, "stylegan")
    with pytest.raises(LabError, match="from 0 to 1, got 7"):
        open_published(path, truncation=7)
    torch.save({"a.b": torch.zeros(2)}, path)
    with pytest.raises(LabError, match=r"names such as a\.b are of no layout that is opened here: stylegan2"):
        open_published(path)
    with pytest.raises(ValueError, match="--truncation is for published layouts"):
        Source(generator="linear 6 12; reshape 3 2 2; tanh", truncation=0.5).open()
    with pytest.raises(ValueError, match=r"--space w\+ is for published StyleGAN2 and 3"):
        Source(generator="linear 6 12; reshape 3 2 2; tanh", space="w+").open()


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("exploded"),))  # type: ignore[return-value]


def test_a_pickle_that_wants_to_run_code_is_named_and_not_run(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("evil.pkl").write_bytes(pickle.dumps({"G_ema": Bomb()}))
    torch.save({"g_ema": Bomb()}, "evil.pt")
    for name in ("evil.pkl", "evil.pt"):
        with pytest.raises(LabError, match="objects of somebody's program"):
            read_weights(name)
    Path("noise.pt").write_bytes(b"nothing")
    with pytest.raises(LabError, match="no weights that can be read safely"):
        read_weights("noise.pt")
    assert not Path("exploded").exists()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.1, 0.9])
def test_a_file_of_weights_that_is_cut_off_is_told_as_damaged_not_as_a_program(
    tmp_path: Path, zipped: bool, share: float
) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"g_ema": {"a": torch.ones(90)}}, path, _use_new_zipfile_serialization=zipped)
    written = path.read_bytes()
    path.write_bytes(written[: int(share * len(written))])
    with pytest.raises(LabError, match=r"weights\.pt is damaged, or no file of weights: fetch it again"):
        read_weights(path)


def test_a_state_dict_is_found_under_the_names_that_files_use():
    inner = {"a": torch.ones(2)}
    assert state_of({"iteration": 3, "g": {"a": torch.zeros(2)}, "g_ema": inner})["a"].sum() == 2
    with pytest.raises(LabError, match="expected a state dict of tensors, got epoch"):
        state_of({"epoch": 3})
