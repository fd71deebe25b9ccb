"""Encoders: what is told of a picture whose making is known, the sealed file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.fingerprint import fingerprint
from dissect.inversion.encoder import Encoder, EncoderNet, EncoderShapes
from dissect.inversion.training import train_encoder
from tests.dissect.inversion.linear import latents, linear_generator
from tests.tiny import chance


def test_it_learns_what_a_picture_was_drawn_from() -> None:
    generator = linear_generator()
    state = torch.random.get_rng_state()
    heard: list[float] = []
    encoder, report = train_encoder(
        generator, latents, layer="units", steps=200, rng=chance(), progress=heard.append, widths=(8, 16)
    )
    assert torch.equal(torch.random.get_rng_state(), state), "the global chance is left alone"
    assert report.latent_r2 > 0.8
    assert report.latent_l1 < 0.5 * report.chance_l1
    assert report.features_r2 is not None
    assert 0.3 < report.features_r2 < 1
    assert (report.steps, report.images_seen, heard[-1]) == (200, 6400, 1.0)
    fresh = latents(64, chance(8))
    with torch.no_grad():
        guess = encoder(generator(fresh))
    assert guess.latents.shape == (64, 3)
    assert guess.features is not None
    assert guess.features.shape == (64, 2, 8, 8)
    assert float((guess.latents - fresh).square().mean()) < 0.2
    assert generator.image.weight.grad is None


def test_equal_seeds_give_equal_encoders() -> None:
    ones, others = (
        train_encoder(linear_generator(), latents, steps=2, rng=chance(4))[0].net.state_dict() for _ in range(2)
    )
    assert all(torch.equal(ones[name], others[name]) for name in ones)


@pytest.mark.parametrize("layer", [None, "units"])
def test_it_comes_back_from_its_file(layer: str | None, tmp_path: Path) -> None:
    generator = linear_generator()
    encoder, report = train_encoder(generator, latents, layer=layer, steps=3, rng=chance())
    path = tmp_path / "encoder.safetensors"
    encoder.save(path, report.as_dict())
    again = Encoder.load(path)
    again.require(generator)
    assert again.layer == layer
    images = generator(latents(4, chance(1))).detach()
    torch.testing.assert_close(again(images).latents, encoder(images).latents, atol=1e-2, rtol=1e-2)
    assert (again(images).features is None) == (layer is None)
    with pytest.raises(FileExistsError):
        encoder.save(path)


def test_it_knows_its_generator_to_the_bit() -> None:
    generator = linear_generator()
    encoder, _ = train_encoder(generator, latents, steps=1, rng=chance())
    encoder.require(linear_generator())
    with pytest.raises(LabError, match="belongs to another generator"):
        encoder.require(linear_generator(seed=1))
    renamed = torch.nn.Sequential(*generator.children())
    assert fingerprint(renamed) != fingerprint(generator)
    with torch.no_grad():
        generator.image.weight[0, 0] += 1e-6
    with pytest.raises(LabError, match="belongs to another generator"):
        encoder.require(generator)


@pytest.mark.parametrize("shape", [(1, 2, 3), (3, 5, 17), (1, 64, 64), (3, 31, 8)])
def test_pictures_of_any_size_are_read(shape: tuple[int, int, int]) -> None:
    net = EncoderNet(EncoderShapes(shape, (2, 3, 1), (4, 7, 5)), widths=(4, 6)).eval()
    told, features = net(torch.zeros(2, *shape))
    assert told.shape == (2, 6)
    assert features is not None
    assert features.shape == (2, 4, 7, 5)
    assert Encoder(net, "middle", "")(torch.zeros(2, *shape)).latents.shape == (2, 2, 3, 1)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    generator = linear_generator()
    encoder, _ = train_encoder(generator, latents, steps=1, rng=chance())
    with pytest.raises(ValueError, match=r"this encoder reads images \(N, 1, 8, 8\), got \(1, 3, 8, 8\)"):
        encoder(torch.zeros(1, 3, 8, 8))
    with pytest.raises(ValueError, match="the layer that it names"):
        Encoder(encoder.net, "units", "")
    for steps, batch, minutes in ((0, 1, None), (1, 0, None), (1, 1, 0.0)):
        with pytest.raises(ValueError, match="at least one step"):
            train_encoder(generator, latents, steps=steps, batch_size=batch, minutes=minutes, rng=chance())
    for widths in ((), (8, 0)):
        with pytest.raises(ValueError, match="a width of at least 1"):
            train_encoder(generator, latents, steps=1, rng=chance(), widths=widths)
    with pytest.raises(ValueError, match="no layer is called 'unit'"):
        train_encoder(generator, latents, layer="unit", steps=1, rng=chance())
    path = tmp_path / "encoder.safetensors"
    encoder.save(path)
    arrays, told = read_sealed(path)
    with pytest.raises(LabError, match="not an encoder"):
        _rewritten(path, arrays, told | {"kind": "unet-segmenter"})
    with pytest.raises(LabError, match="has version 9"):
        _rewritten(path, arrays, told | {"version": 9})
    with pytest.raises(LabError, match="do not fit the network"):
        _rewritten(path, arrays, told | {"latent": [5]})
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(LabError, match="damaged"):
        Encoder.load(path)
    with torch.no_grad():
        generator.image.weight.fill_(torch.inf)
    with pytest.raises(ValueError, match="the generator draws NaN"):
        train_encoder(generator, latents, steps=1, rng=chance())


def _rewritten(path: Path, arrays: dict[str, np.ndarray], told: dict[str, object]) -> Encoder:
    write_sealed(path, arrays, told, overwrite=True)
    return Encoder.load(path)
