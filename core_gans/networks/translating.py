"""How a translator writes: by chance, word by word the likeliest, or the likeliest of several kept beginnings."""

from __future__ import annotations

import torch
from torch import Tensor

from core_gans.data.texts.vocabulary import BEGIN, END, PADDING, UNKNOWN
from core_gans.networks.attention import AttentionTranslator


@torch.no_grad()
def written(net: AttentionTranslator, source: Tensor, length: int, rng: torch.Generator | None = None) -> Tensor:
    """Targets (N, T) of at most ``length`` numbers for sources (N, S): drawn by ``rng``, else greedy.

    Behind an end stands padding. A greedy translation has no word that is not known.
    """
    memory, state = net.read(source)
    word = torch.full_like(source[:, 0], BEGIN)
    ended = torch.zeros_like(word, dtype=torch.bool)
    found = []
    for _ in range(length):
        features, state = net.step(memory, state, word)
        chances = net.log_probabilities(features)
        if rng is None:
            chances[:, UNKNOWN] = -torch.inf
            word = chances.argmax(1)
        else:
            word = torch.multinomial(chances.exp(), 1, generator=rng)[:, 0]
        word = word.masked_fill(ended, PADDING)
        ended = ended | (word == END)
        found.append(word)
        if bool(ended.all()):
            break
    return torch.stack(found, dim=1)


@torch.no_grad()
def beam_search(net: AttentionTranslator, source: Tensor, length: int, beams: int) -> tuple[Tensor, Tensor]:
    """The likeliest translations (N, T) that ``beams`` kept beginnings find, and their log-probabilities (N,).

    A translation that has ended keeps its place until no other can pass it; one of ``length`` numbers is cut there.
    There is no word that is not known. With as many beams as there are translations, it is the likeliest of all.
    """
    count = len(source)
    memory, state = net.read(source)
    rows = torch.arange(count, device=source.device)
    kept = torch.full((count, 1, 0), PADDING, device=source.device)  # (N, B, t)
    scores = state.new_zeros(count, 1)  # (N, B)
    ended = torch.zeros(count, 1, dtype=torch.bool, device=source.device)
    word = torch.full((count,), BEGIN, device=source.device)
    for _ in range(length):
        width = kept.shape[1]
        features, state = net.step(memory.at(rows.repeat_interleave(width)), state, word)
        chances = net.log_probabilities(features).view(count, width, -1)
        chances[:, :, UNKNOWN] = -torch.inf
        only_padding = torch.full_like(chances[0, 0], -torch.inf)
        only_padding[PADDING] = 0.0
        chances = torch.where(ended[:, :, None], only_padding, chances)
        everything = (scores[:, :, None] + chances).flatten(1)  # (N, B * V)
        possible = int((everything > -torch.inf).sum(1).max())
        scores, places = everything.topk(min(beams, possible), dim=1)
        parents = places // chances.shape[2]
        chosen = places % chances.shape[2]
        kept = torch.cat((kept.gather(1, parents[:, :, None].expand(-1, -1, kept.shape[2])), chosen[:, :, None]), dim=2)
        ended = ended.gather(1, parents) | (chosen == END)
        state = state.view(count, width, -1).gather(1, parents[:, :, None].expand(-1, -1, state.shape[1])).flatten(0, 1)
        word = chosen.flatten()
        if bool(ended[:, 0].all()):
            break  # the best has ended, and a longer one can only become less likely
    return kept[:, 0], scores[:, 0]
