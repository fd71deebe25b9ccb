"""The two ends of a discriminator: one logit, or two outputs whose softmax says the same."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core_gans.networks import FAMILIES, Architecture, family, heads
from core_gans.networks.architecture import Head
from core_gans.objectives import goodfellow, heuristic
from core_gans.training import train
from tests.tiny import batches, pictures, small

COUNT = 16
REAL, GENERATED = torch.zeros(COUNT, dtype=torch.int64), torch.ones(COUNT, dtype=torch.int64)  # classes of the outputs


def outputs(seed: int, reach: float) -> Tensor:
    drawn = torch.rand(COUNT, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (drawn * 2 - 1) * reach


def slopes(loss: Tensor, *at: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(loss, at)


@pytest.mark.parametrize("reach", [1.0, 30.0, 100.0])
class TestTwoOutputsAreACrossEntropy:
    def test_the_discriminator_s_on_real_and_generated(self, reach: float) -> None:
        score = heads.ending("softmax")
        real, fake = outputs(1, reach).requires_grad_(), outputs(2, reach).requires_grad_()
        ours = heuristic.discriminator(score(real), score(fake))
        truth = F.cross_entropy(real, REAL) + F.cross_entropy(fake, GENERATED)
        torch.testing.assert_close(ours, truth)
        torch.testing.assert_close(slopes(ours, real, fake), slopes(truth, real, fake))

    def test_the_generator_s_to_the_class_real(self, reach: float) -> None:
        score = heads.ending("softmax")
        fake = outputs(3, reach).requires_grad_()
        ours, truth = heuristic.generator(score(fake)), F.cross_entropy(fake, REAL)
        torch.testing.assert_close(ours, truth)
        torch.testing.assert_close(slopes(ours, fake), slopes(truth, fake))

    def test_smoothing_is_the_cross_entropy_with_a_soft_class_of_the_reals(self, reach: float) -> None:
        score = heads.ending("softmax")
        real, fake = outputs(4, reach).requires_grad_(), outputs(5, reach).requires_grad_()
        soft = torch.tensor([0.9, 0.1], dtype=torch.float64).expand(COUNT, 2)
        ours = goodfellow("heuristic", smoothing=0.1).discriminator(score(real), score(fake))
        truth = F.cross_entropy(real, soft) + F.cross_entropy(fake, GENERATED)
        torch.testing.assert_close(ours, truth)
        torch.testing.assert_close(slopes(ours, real, fake), slopes(truth, real, fake))


def test_a_logit_is_the_output_itself() -> None:
    column = torch.arange(5.0)[:, None]
    for shape in ((5, 1), (5, 1, 1, 1)):
        assert torch.equal(heads.ending("logit")(column.view(shape)), torch.arange(5.0))
    assert torch.equal(heads.ending("softmax")(torch.cat([column, column * 3], 1)), -2 * torch.arange(5.0))


@pytest.mark.parametrize("kind", ["mlp", "dcgan", "maxout"])
def test_the_softmax_head_doubles_the_last_layer_and_nothing_else(kind: str) -> None:
    def parameters(head: Head) -> list[tuple[int, ...]]:
        network = family(kind).discriminator(Architecture((1, 16, 16), width=4, depth=2, head=head))
        assert network(torch.randn(3, 1, 16, 16)).shape == (3,)
        return [tuple(parameter.shape) for parameter in network.parameters()]

    one, two = parameters("logit"), parameters("softmax")
    assert [shape for shape in zip(one, two, strict=True) if shape[0] != shape[1]]
    for of_one, of_two in zip(one, two, strict=True):
        assert of_two == (of_one if of_one == of_two else (2 * of_one[0], *of_one[1:]))
    assert sum(of_one != of_two for of_one, of_two in zip(one, two, strict=True)) == 2  # its weight and its bias


@pytest.mark.parametrize("kind", FAMILIES)
def test_dcgan_learns_with_either_head(kind: str) -> None:
    data = pictures()
    for head in ("logit", "softmax"):
        game = small("dcgan", data, family=kind, head=head)
        state = train(game, batches(data), 2, rng=torch.Generator().manual_seed(0))
        assert all(parameter.isfinite().all() for net in state.nets.values() for parameter in net.parameters())
