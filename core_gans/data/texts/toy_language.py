"""A toy language with a known translation: sentences of a small English, and what each of them means in Toy.

Three things are to be learned. Map: each word has its word. Reorder: the verb goes to the end, and adjectives behind
their noun. Agree: a noun of Toy is of one of two kinds, which cannot be seen in English; article, adjectives and, of
the subject, the verb take the ending of their noun's kind and number.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import torch

from core_gans.data.texts.splitting import cut

NOUNS = {  # English: Toy, and its kind
    "dog": ("bral", 0), "cat": ("miru", 1), "bird": ("tevo", 0), "horse": ("galu", 1), "farmer": ("pinto", 0),
    "child": ("susa", 1), "king": ("rodak", 0), "queen": ("velia", 1), "fox": ("zorim", 0), "fish": ("nelu", 1),
}  # fmt: skip
ADJECTIVES = {
    "big": "gran", "small": "pik", "old": "vet", "young": "jun", "red": "rub", "white": "alb", "quick": "rap",
    "quiet": "mut",
}  # fmt: skip
VERBS = {
    "see": "vid", "love": "am", "follow": "sek", "find": "trov", "call": "vok", "help": "jut", "fear": "tim",
    "hear": "aud",
}  # fmt: skip
ARTICLES = {"the": "lo", "some": "kel"}
ENDINGS = {(0, False): "o", (1, False): "a", (0, True): "os", (1, True): "as"}  # by kind and plural
NOT_ADJECTIVE = 0.5  # the chance that no further adjective comes; there are two at most


@dataclass(frozen=True)
class Phrase:
    """An article, adjectives and a noun."""

    article: str
    adjectives: tuple[str, ...]
    noun: str
    plural: bool

    @property
    def english(self) -> list[str]:
        """Its words in English."""
        return [self.article, *self.adjectives, plural_of(self.noun) if self.plural else self.noun]

    @property
    def ending(self) -> str:
        """What article and adjectives end in, by the noun's gender and number."""
        return ENDINGS[NOUNS[self.noun][1], self.plural]

    @property
    def toy(self) -> list[str]:
        """Its words in the invented language: article, noun, adjectives."""
        noun = NOUNS[self.noun][0] + ("n" if self.plural else "")
        adjectives = [ADJECTIVES[each] + self.ending for each in self.adjectives]
        return [ARTICLES[self.article] + self.ending, noun, *adjectives]

    @property
    def log_probability(self) -> float:
        """Of being drawn: article, number, noun, and up to two different adjectives."""
        kinds = len(ADJECTIVES)
        adjectives = [
            math.log(NOT_ADJECTIVE),
            2 * math.log(NOT_ADJECTIVE) - math.log(kinds),
            2 * math.log(NOT_ADJECTIVE) - math.log(kinds * (kinds - 1)),
        ][len(self.adjectives)]
        return adjectives - math.log(len(ARTICLES) * 2 * len(NOUNS))


@dataclass(frozen=True)
class Sentence:
    """Who does what to whom."""

    subject: Phrase
    verb: str
    object: Phrase

    @property
    def english(self) -> str:
        """It in English, words apart by blanks."""
        verb = self.verb if self.subject.plural else f"{self.verb}s"
        return " ".join([*self.subject.english, verb, *self.object.english])

    @property
    def toy(self) -> str:
        """What ``english`` means."""
        return " ".join([*self.subject.toy, *self.object.toy, VERBS[self.verb] + self.subject.ending])

    @property
    def log_probability(self) -> float:
        """Of being drawn by ``drawn``."""
        return self.subject.log_probability + self.object.log_probability - math.log(len(VERBS))


def plural_of(noun: str) -> str:
    """Of an English noun of this language."""
    return {"child": "children", "fox": "foxes", "fish": "fishes"}.get(noun, f"{noun}s")


def drawn(count: int, rng: torch.Generator) -> list[Sentence]:
    """``count`` different sentences."""
    found: dict[Sentence, None] = {}
    while len(found) < count:
        found[Sentence(_phrase(rng), _one(tuple(VERBS), rng), _phrase(rng))] = None
    return list(found)


def parsed(english: str) -> Sentence | None:
    """The sentence that ``english`` is; None where it is none of this language."""
    words = cut(english, "words")
    for place, word in enumerate(words):
        for verb in VERBS:
            if word in (verb, f"{verb}s"):
                subject, thing = _parsed_phrase(words[:place]), _parsed_phrase(words[place + 1 :])
                if subject and thing and subject.plural == (word == verb):
                    return Sentence(subject, verb, thing)
    return None


def translated(english: str) -> str | None:
    """What a sentence means in Toy; None of what is no sentence."""
    sentence = parsed(english)
    return None if sentence is None else sentence.toy


def _parsed_phrase(words: list[str]) -> Phrase | None:
    singular = {noun: (noun, False) for noun in NOUNS} | {plural_of(noun): (noun, True) for noun in NOUNS}
    if len(words) < 2 or words[0] not in ARTICLES or words[-1] not in singular:
        return None
    adjectives = tuple(words[1:-1])
    if len(adjectives) > 2 or len(set(adjectives)) < len(adjectives) or not set(adjectives) <= ADJECTIVES.keys():
        return None
    return Phrase(words[0], adjectives, *singular[words[-1]])


def _phrase(rng: torch.Generator) -> Phrase:
    adjectives: list[str] = []
    while len(adjectives) < 2 and float(torch.rand((), generator=rng)) >= NOT_ADJECTIVE:
        adjectives.append(_one(tuple(each for each in ADJECTIVES if each not in adjectives), rng))
    plural = bool(torch.randint(2, (), generator=rng))
    return Phrase(_one(tuple(ARTICLES), rng), tuple(adjectives), _one(tuple(NOUNS), rng), plural)


def _one(words: tuple[str, ...], rng: torch.Generator) -> str:
    return words[int(torch.randint(len(words), (), generator=rng))]


def every_phrase() -> list[Phrase]:
    """All phrases there are."""
    adjectives = [each for count in range(3) for each in itertools.permutations(ADJECTIVES, count)]
    return [Phrase(*parts) for parts in itertools.product(ARTICLES, adjectives, NOUNS, (False, True))]
