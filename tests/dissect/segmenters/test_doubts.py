"""A segmenter that is shown pictures of another kind says so."""

import torch
from torch import Tensor

from core_gans import shipped
from core_gans.models import load_model
from dissect.hooks import at_rest
from dissect.sampling import generate
from dissect.segmenters.doubts import doubts, unsure_share
from dissect.segmenters.named import SEGMENTERS


class Planted:
    """Sure of a pixel as its brightness says: logits 0 and 4 x."""

    labels = ("dark", "light")

    def __call__(self, images: Tensor) -> Tensor:
        return self.logits(images).argmax(1)

    def logits(self, images: Tensor) -> Tensor:
        light = 4 * images.mean(1)
        return torch.stack([torch.zeros_like(light), light], 1)


def test_the_share_of_unsure_pixels_is_exact():
    images = torch.ones(1, 1, 10, 10)
    images[..., :3, :] = 0.05  # a probability of .55
    images[..., 3, :] = 0.2  # of .69
    assert unsure_share(Planted(), images) == torch.tensor(0.3)
    assert "unsure of 30 % of the pixels" in (doubts(Planted(), images) or "")
    assert doubts(Planted(), torch.ones(2, 3, 4, 4)) is None


def test_the_shipped_segmenter_knows_the_shipped_generator_and_not_noise():
    segmenter = SEGMENTERS["scenes-segmenter"].make()
    model = load_model(shipped.path("scenes-generator"))
    with at_rest(model.net):
        images = generate(model.net, model.game.latents(16, torch.Generator().manual_seed(0)))
    assert doubts(segmenter, images) is None
    assert doubts(segmenter, torch.rand(16, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1)


def test_a_segmenter_without_scores_says_nothing():
    assert doubts(SEGMENTERS["strokes"].make(), torch.zeros(2, 1, 16, 16)) is None
