"""The policy gradient against enumeration, and how words are written: exact, in float64, on tiny vocabularies."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor, nn

from core_gans.data.texts.vocabulary import BEGIN, END, FIRST, PADDING, UNKNOWN, lengths, until_end
from core_gans.game import Batch
from core_gans.games.texts import Judged
from core_gans.initialising import initialising
from core_gans.losses.policy_gradient import policy_gradient
from core_gans.networks.attention import AttentionTranslator
from core_gans.networks.pair_grid import PairGrid
from core_gans.networks.sequences import SequenceJudge, SequenceWriter
from core_gans.networks.translating import beam_search, written
from core_gans.variants.nmt import NMT
from core_gans.variants.seqgan import SeqGAN
from tests.tiny import chance

WORDS = FIRST + 2  # two words
LENGTH = 3


def translator(seed: int = 0, sharp: float = 1.0) -> AttentionTranslator:
    with initialising(seed):
        net = AttentionTranslator(FIRST + 4, WORDS, embedding=3, width=4).double()
    with torch.no_grad():
        net.output.weight *= sharp
    return net


def sources(count: int = 1, seed: int = 1) -> Tensor:
    words = torch.randint(FIRST, FIRST + 4, (count, 5), generator=chance(seed))
    words[torch.arange(5) >= torch.randint(1, 5, (count, 1), generator=chance(seed + 1))] = PADDING
    return words


def every_text(numbers: tuple[int, ...] = (END, UNKNOWN, *range(FIRST, WORDS)), length: int = LENGTH) -> Tensor:
    """All texts of at most ``length`` numbers: each ends once, or is cut."""
    return until_end(torch.tensor(list(itertools.product(numbers, repeat=length)))).unique(dim=0)


def gradients(value: Tensor, net: nn.Module) -> list[Tensor]:
    found = torch.autograd.grad(value, list(net.parameters()), retain_graph=True, allow_unused=True)
    return [torch.zeros(()) if each is None else each for each in found]


def largest_difference(ones: list[Tensor], others: list[Tensor]) -> float:
    return max(float((one - other).abs().max()) for one, other in zip(ones, others, strict=True))


class TestTranslation:
    def test_the_policy_gradient_is_that_of_the_expected_reward_and_no_baseline_moves_it(self) -> None:
        game, net, source, texts = NMT(), translator(sharp=3.0), sources(), every_text()
        judge = Judged(PairGrid(FIRST + 4, WORDS, 5, LENGTH, 3, 4).double())
        nets = {"generator": net, "discriminator": judge}
        batch = Batch(texts, other=source.expand(len(texts), -1))
        rewards = game.rewards(nets, batch, texts, chance())
        terms = game.likelihoods(nets, batch, texts)
        chances = terms.sum(1).exp()
        assert float(chances.detach().sum()) == pytest.approx(1, abs=1e-12)
        exact = gradients(-(chances * rewards).sum(), net)
        for baseline in (0.0, 0.7, -3.0):
            weight = chances.detach() * len(texts)  # its mean over texts is the mean over what is drawn
            found = gradients(policy_gradient(terms, weight * (rewards - baseline)), net)
            assert largest_difference(found, exact) < 1e-6
        assert max(float(each.abs().max()) for each in exact) > 1e-4

    def test_what_is_drawn_has_the_probabilities_that_are_told(self) -> None:
        net, source, texts = translator(sharp=4.0), sources(), every_text()
        drawn = written(net, source.expand(20_000, -1), LENGTH, chance())
        chances = net.likelihoods(source.expand(len(texts), -1), texts).sum(1).exp().detach()
        seen = torch.stack([(drawn == text).all(1).double().mean() for text in texts])
        assert float(seen.sum()) == pytest.approx(1)
        assert (seen - chances).abs().max() < 0.015

    def test_a_full_beam_finds_the_likeliest_of_all_and_a_beam_of_one_is_greedy(self) -> None:
        texts = every_text((END, *range(FIRST, WORDS)))
        for seed in range(6):
            net, source = translator(seed, sharp=5.0), sources(3, seed)
            best, scores = beam_search(net, source, LENGTH, beams=WORDS**LENGTH)
            greedy = written(net, source, LENGTH)
            one, _ = beam_search(net, source, LENGTH, beams=1)
            for row in range(3):
                chances = net.likelihoods(source[row].expand(len(texts), -1), texts).sum(1).detach()
                right = texts[int(chances.argmax())]
                assert torch.equal(nn.functional.pad(best[row], (0, LENGTH - best.shape[1])), right)
                assert float(scores[row]) == pytest.approx(float(chances.max()), abs=1e-12)
                width = int(lengths(greedy)[row])
                assert torch.equal(one[row, :width], greedy[row, :width])

    def test_padding_and_neighbours_change_nothing(self) -> None:
        net, source, target = translator(), sources(4), every_text()[:4]
        alone = [net.likelihoods(source[row : row + 1, : int(lengths(source)[row])], target[row : row + 1, : int(
            lengths(target)[row])]).sum(1) for row in range(4)]  # fmt: skip
        wide = nn.functional.pad(source, (0, 3)), nn.functional.pad(target, (0, 2))
        torch.testing.assert_close(net.likelihoods(*wide).sum(1), torch.cat(alone), rtol=0, atol=1e-12)
        assert torch.equal(written(net, wide[0], LENGTH), written(net, source, LENGTH))
        judge = PairGrid(FIRST + 4, WORDS, 9, 6, 3, 4).double()
        torch.testing.assert_close(judge(*wide), judge(source, target), rtol=0, atol=1e-12)


class TestSequences:
    def nets(self, ends: bool = True) -> dict[str, nn.Module]:
        with initialising(0):
            judge = Judged(SequenceJudge(WORDS, LENGTH, 3, 4, (1, 2)).double())
            writer = SequenceWriter(WORDS, LENGTH, 3, 4, ends).double()
        with torch.no_grad():
            writer.output.weight *= 4
        return {"generator": writer, "discriminator": judge}

    @pytest.mark.parametrize("ends", [True, False])
    def test_rewards_of_roll_outs_give_the_gradient_of_the_expected_reward(self, ends: bool) -> None:
        """Each word's reward is the mean of what all its continuations get: the exact Q of algorithm 1."""
        nets = self.nets(ends)
        writer, judge = nets["generator"], nets["discriminator"]
        assert isinstance(writer, SequenceWriter)
        texts = every_text((END, *range(FIRST, WORDS)) if ends else tuple(range(FIRST, WORDS)))
        terms = writer.likelihoods(texts)
        chances = terms.sum(1).exp()
        assert float(chances.detach().sum()) == pytest.approx(1, abs=1e-12)
        final = judge(texts).sigmoid().detach()
        exact = gradients(-(chances * final).sum(), writer)
        q = torch.zeros_like(terms)
        for row, text in enumerate(texts):
            for place in range(LENGTH):
                same = (texts[:, : place + 1] == text[: place + 1]).all(1)
                q[row, place] = (chances[same] * final[same]).sum() / chances[same].sum()
        for baseline in (0.0, 0.4):
            advantages = (chances.detach()[:, None] * len(texts) * (q - baseline)).masked_fill(texts == PADDING, 0.0)
            assert largest_difference(gradients(policy_gradient(terms, advantages), writer), exact) < 1e-6
        assert max(float(each.abs().max()) for each in exact) > 1e-4
        often = texts.repeat(1_500, 1)
        drawn = SeqGAN(shape=(LENGTH,), rollouts=2).rewards(nets, Batch(often), often, chance())
        drawn = drawn.view(1_500, *texts.shape).mean(0)
        assert (drawn - q.detach().masked_fill(texts == PADDING, 0.0))[:, :-1].abs().max() < 0.015
        torch.testing.assert_close(drawn[:, -1].masked_select(texts[:, -1] != 0), final[texts[:, -1] != 0])

    def test_padding_is_no_reward_of_the_baseline(self) -> None:
        """Else every word of a text that ends early would be better than the mean."""
        nets = self.nets()
        judge = nets["discriminator"]
        assert isinstance(judge, Judged)
        for each in judge.parameters():
            each.data.zero_()  # D is 1/2 of everything
        SeqGAN(shape=(LENGTH,), pretrain=0, rollouts=2).generator_loss(nets, Batch(every_text((END, FIRST))), chance())
        assert float(judge.baseline) == pytest.approx(0.5, abs=1e-6)

    def test_roll_outs_keep_the_beginning_and_an_end_stays_the_end(self) -> None:
        writer = self.nets()["generator"]
        assert isinstance(writer, SequenceWriter)
        texts = every_text((END, *range(FIRST, WORDS)))
        found = writer.continued(texts, chance())
        for place in range(LENGTH - 1):
            assert torch.equal(found[place, :, : place + 1], texts[:, : place + 1])
        assert torch.equal(until_end(found.flatten(0, 1)), found.flatten(0, 1))
        assert not (found == UNKNOWN).any()
        assert not (found == BEGIN).any()

    def test_padding_changes_nothing_and_likelihoods_are_by_hand(self) -> None:
        nets = self.nets()
        writer = nets["generator"]
        assert isinstance(writer, SequenceWriter)
        text = torch.tensor([[FIRST, END]])
        first, state = writer.step(torch.tensor([BEGIN]), None)
        second, _ = writer.step(torch.tensor([FIRST]), state)
        wide = nn.functional.pad(text, (0, 1))
        by_hand = [float(first[0, FIRST].detach()), float(second[0, END].detach()), 0.0]
        assert writer.likelihoods(wide)[0].tolist() == pytest.approx(by_hand)
        assert torch.equal(nets["discriminator"](wide), nets["discriminator"](text))
        assert first.detach().exp().sum() == pytest.approx(1)
        assert first.detach().exp()[0, [PADDING, BEGIN, UNKNOWN]].sum() == 0


def test_a_policy_gradient_by_hand() -> None:
    terms = torch.tensor([[-1.0, -2.0], [-3.0, 0.0]])
    assert float(policy_gradient(terms, torch.tensor([1.0, 2.0]))) == (3 + 6) / 2
    assert float(policy_gradient(terms, torch.tensor([[1.0, 0.5], [2.0, 9.0]]))) == (2 + 6) / 2
    with pytest.raises(ValueError, match=r"expected advantages of shape \(2,\) or \(2, 2\), got \(3,\)"):
        policy_gradient(terms, torch.zeros(3))


def test_the_baseline_is_the_moving_average_of_the_rewards_before() -> None:
    judge = Judged(nn.Linear(1, 1))
    assert judge.above_baseline(torch.tensor([1.0, 3.0])).tolist() == [-1, 1]  # the first are their own mean
    assert judge.above_baseline(torch.tensor([4.0])).tolist() == [2]
    assert float(judge.baseline) == pytest.approx(0.9 * 2 + 0.1 * 4)
