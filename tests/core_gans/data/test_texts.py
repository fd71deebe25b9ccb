"""Texts as data: words of any script, lines of files, vocabularies, the toy language and the oracle."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from core_gans.data import Batches
from core_gans.data.texts import toy_language
from core_gans.data.texts.known import TEXTS, text_set
from core_gans.data.texts.lines import ONE_SIDED, checksum, read_file
from core_gans.data.texts.oracle import Oracle
from core_gans.data.texts.sentences import split
from core_gans.data.texts.splitting import cut, joined
from core_gans.data.texts.vocabulary import BEGIN, END, FIRST, PADDING, UNKNOWN, Vocabulary, trimmed, until_end
from core_gans.foundation.errors import LabError
from core_gans.runs.changes import digest
from core_gans.texts import read_texts
from tests.tiny import chance

File = Callable[[str, str], Path]


@pytest.fixture
def file(tmp_path: Path) -> File:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop, go!", ["don't", "stop", ",", "go", "!"]),
        ("  Göm dig. ", ["göm", "dig", "."]),
        ("A\u030angstro\u0308m", ["ångström"]),  # letters and marks apart are one letter
        ("我爱北京。", ["我", "爱", "北", "京", "。"]),
        ("日本語 text", ["日", "本", "語", "text"]),
        ("\u200fשלום, עולם\u200f", ["שלום", ",", "עולם"]),  # in the order in which it is read
        ("كيف حالُك؟", ["كيف", "حالُك", "؟"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("well-known 3.5 x", ["well-known", "3", ".", "5", "x"]),
        ("\u3000 \t", []),
    ],
)
def test_a_text_is_cut_into_words_of_any_script(text: str, words: list[str]) -> None:
    assert cut(text, "words") == words


def test_words_are_joined_as_people_write_them() -> None:
    for text in ("go, go!", "what (this)?", "我爱北京。", "i like 北京, too.", "שלום, עולם"):
        assert joined(cut(text, "words"), "words") == text
        assert joined(cut(text, "characters"), "characters") == text


def test_a_vocabulary_counts_cuts_and_goes_there_and_back() -> None:
    words = Vocabulary.of(["a b b", "b c", "c d"], least=2)
    assert words.words == ("b", "c")  # the most frequent first
    assert words.numbers("b x c") == [FIRST, UNKNOWN, FIRST + 1]
    assert words.unknown("b x y") == ["x", "y"]
    tokens = words.tokens(["b c", "c"], 4)
    assert tokens.tolist() == [[FIRST, FIRST + 1, END, PADDING], [FIRST + 1, END, PADDING, PADDING]]
    assert words.texts(tokens) == ["b c", "c"]
    assert trimmed(tokens).shape == (2, 3)
    assert until_end(torch.tensor([[FIRST, END, FIRST, END]])).tolist() == [[FIRST, END, PADDING, PADDING]]
    assert words.text(torch.tensor([FIRST, UNKNOWN, END])) == "b ⟨unknown⟩"
    with pytest.raises(LabError, match="expected a text with words, got ' '"):
        words.tokens([" "], 4)
    with pytest.raises(LabError, match="expected at most 2 words, got 3 in 'b b b'"):
        words.tokens(["b b b"], 3)
    with pytest.raises(LabError, match="lower --least-often"):
        Vocabulary.of(["a"], least=2)
    assert Vocabulary.of(["ab"], "characters").numbers("ba") == [FIRST + 1, FIRST]


class TestFiles:
    def test_pairs_are_read_and_what_is_left_out_is_counted(self, file: File) -> None:
        path = file("p.tsv", "\ufeffGo.\tGå.\tby CM\r\n\r\n  \t \nA b c d\te\nHi\tHej\n")
        found = read_file(path, "words", 3)
        assert found.lines.at([1, 0]) == [("Hi", "Hej"), ("Go.", "Gå.")]
        assert {why: found.skipped.told(why) for why in found.skipped.counts} == {
            "without words": "2 lines without words (line 2, 3)",
            "longer than the model takes": "1 line longer than the model takes (line 4)",
        }

    def test_a_pair_with_one_side_is_an_error_or_counted_as_asked(self, file: File) -> None:
        path = file("p.tsv", "a\tb\nc\n\td\ne\t \nf\t\ng\th\n")
        with pytest.raises(LabError, match=r"4 lines with one side missing \(line 2, 3, 4, ...\).*--skip-broken"):
            read_file(path, "words", 9)
        found = read_file(path, "words", 9, skip_broken=True)
        assert (len(found.lines), found.skipped.counts[ONE_SIDED]) == (2, 4)

    @pytest.mark.parametrize(
        ("content", "told"),
        [
            ("a\tb".encode("utf-16"), "no text in UTF-8 .it looks like UTF-16.: save it as UTF-8"),
            (b"a\tb\n\xe5\tc\n", "line 2 is not"),
            (b"a\0b\tc\n", "a byte 0 in line 1"),
            (b"", "no pair to learn from"),
            (b"\n\n", r"no pair to learn from: 2 lines without words \(line 1, 2\)"),
        ],
    )
    def test_what_is_no_text_is_refused(self, content: bytes, told: str, tmp_path: Path) -> None:
        (tmp_path / "p.tsv").write_bytes(content)
        with pytest.raises(LabError, match=told):
            read_file(tmp_path / "p.tsv", "words", 9)

    def test_lines_stay_in_the_file_and_a_change_is_seen(self, file: File) -> None:
        path = file("t.txt", "one\ntwo\nthree\n")
        found = read_file(path, "words", 9)
        assert found.lines.part(torch.tensor([2, 0])).at([0, 1]) == [("three",), ("one",)]
        before = digest(found.lines)
        path.write_text("one\n", encoding="utf-8")
        with pytest.raises(LabError, match="has changed while it is learned from"):
            found.lines.at([2])
        path.write_text("one\ntwo\nthrew\n", encoding="utf-8")
        assert digest(read_file(path, "words", 9).lines) != before

    def test_what_is_not_there_lists_the_nearest(self, file: File) -> None:
        path = file("pairs.tsv", "a\tb\n")
        with pytest.raises(FileNotFoundError, match=r"did you mean pairs\.tsv\?"):
            text_set(str(path.with_name("pair.tsv")))
        with pytest.raises(ValueError, match="no data set of texts is called 'toy_languag': did you mean toy_language"):
            text_set("toy_languag")
        with pytest.raises(LabError, match=r"holds no texts: give a \.txt"):
            text_set(str(file("x.csv", "a\n")))


class TestLessons:
    def test_a_source_is_on_one_side_and_the_vocabulary_is_of_the_training_part(self, file: File) -> None:
        lines = [f"s{number} x{number % 40}\tt{number} {number % 3}" for number in range(100)]
        path = file("p.tsv", "\n".join(lines + [f"S{number}  x{number % 40}\tother {number}" for number in range(100)]))
        lesson = read_texts("pairs", str(path))
        learned, held = (
            {checksum(source) for source, _ in part.lines.at(range(len(part)))}
            for part in (lesson.learned, lesson.held)
        )
        assert (len(learned), len(held), learned & held) == (90, 10, set())
        assert len(lesson.learned) == 180  # both translations of each source
        fields = lesson.fields({})
        unseen = {word for source, _ in lesson.held.lines.at(range(20)) for word in cut(source, "words")}
        assert not {word for word in unseen if word.startswith("s")} & set(fields["source_words"])
        assert (fields["source_length"], fields["shape"]) == (3, (3,))

    def test_rare_words_are_counted(self, file: File) -> None:
        path = file("t.txt", "".join(f"the w{number}\n" for number in range(20)))
        lesson = read_texts("sentences", str(path), least=2)
        assert lesson.fields({})["words"] == ("the",)
        assert lesson.notes == ("18 of 36 words are too rare to be known (50.0%)",)

    def test_the_longest_text_is_counted_in_what_texts_are_cut_into(self, file: File) -> None:
        path = file("t.txt", "".join(f"{number} {'word ' * 12}\n" for number in range(9)) + "so " * 51 + "\n")
        assert len(read_texts("sentences", str(path)).learned) == 8  # of 9; 51 words are too many
        assert len(read_texts("sentences", str(path), level="characters").learned) == 9  # 61 and 152 characters
        with pytest.raises(LabError, match="no text to learn from"):
            read_texts("sentences", str(path), level="characters", longest=50)

    def test_the_wrong_kind_of_texts_is_refused(self, file: File) -> None:
        with pytest.raises(LabError, match=r"expected pairs of sentences \(a \.tsv\), and .* holds sentences"):
            read_texts("pairs", str(file("t.txt", "a\nb\n")))
        with pytest.raises(LabError, match="at least two different texts"):
            read_texts("sentences", str(file("u.txt", "a\nA\n")))

    def test_batches_of_texts_go_on_where_they_stood(self, file: File) -> None:
        path = file("p.tsv", "".join(f"a{n} b\tc{n}\n" for n in range(30)))
        lesson = read_texts("pairs", str(path))
        one, other = Batches(lesson.learned, 7, 3), Batches(lesson.learned, 7, 3)
        for _ in range(5):
            next(one)
        other.load_state_dict(json.loads(json.dumps(one.state_dict())))
        batch, same = next(one), next(other)
        assert torch.equal(batch.real, same.real)
        assert batch.other is not None
        assert same.other is not None
        assert torch.equal(batch.other, same.other)
        assert batch.real.dtype == torch.int64
        assert digest(lesson) == digest(read_texts("pairs", str(path)))


def test_every_data_set_of_texts_is_read_or_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, each in TEXTS.items():
        if name != "tatoeba":
            lesson = read_texts(each.holds, name, count=40)
            assert (len(lesson.learned), len(lesson.held)) == (36, 4)
            assert lesson.source is each
    monkeypatch.setenv("GANLAB_DATA", "/nowhere")
    with pytest.raises(LabError, match="set GANLAB_DATA to the folder"):
        read_texts("pairs", "tatoeba")


class TestToyLanguage:
    def test_it_maps_reorders_and_agrees(self) -> None:
        assert toy_language.translated("The big dog sees some red cats") == "loo bral grano kelas mirun rubas vido"
        assert toy_language.translated("the foxes follow the queen") == "loos zorimn loa velia sekos"
        for wrong in ("the dog see the cat", "dog sees the cat", "the big big dog sees the cat", "the cat", ""):
            assert toy_language.translated(wrong) is None

    def test_what_is_drawn_is_parsed_as_what_it_was(self) -> None:
        for sentence in toy_language.drawn(200, chance()):
            assert toy_language.parsed(sentence.english) == sentence

    def test_the_probabilities_of_all_sentences_sum_to_one(self) -> None:
        phrases = toy_language.every_phrase()
        assert len(set(phrases)) == len(phrases) == 2 * (1 + 8 + 56) * 10 * 2
        total = sum(math.exp(each.log_probability) for each in phrases)
        assert total == pytest.approx(1)
        sentence = toy_language.Sentence(phrases[0], "see", phrases[1])
        assert math.exp(sentence.log_probability) == pytest.approx((0.5 / 40) ** 2 / 8)  # no adjectives


class TestOracle:
    def test_its_likelihoods_are_those_it_draws_by(self) -> None:
        oracle = Oracle(words=3, length=2)
        every = torch.tensor(list(itertools.product(range(FIRST, FIRST + 3), repeat=2)))
        chances = (2 * oracle.likelihoods(every)).exp()  # a mean of two words
        assert float(chances.sum()) == pytest.approx(1, abs=1e-6)
        drawn = oracle.sample(20_000, chance())
        seen = torch.stack([(drawn == each).all(1).double().mean() for each in every])
        assert (seen - chances).abs().max() < 0.015
        assert torch.equal(Oracle(words=3, length=2).sample(5, chance(1)), oracle.sample(5, chance(1)))

    def test_what_it_cannot_draw_has_no_probability(self) -> None:
        oracle = Oracle(words=3, length=2)
        wrong = torch.tensor([[FIRST, END], [FIRST, FIRST + 3], [BEGIN, FIRST], [PADDING, PADDING]])
        assert oracle.likelihoods(wrong).tolist() == [-math.inf] * 4
        (known,) = TEXTS["oracle"].likelihoods(["w0 w1"])  # type: ignore[misc]
        assert known == -math.inf  # it is too short


def test_the_split_holds_a_tenth_out_and_needs_two() -> None:
    checksums = torch.tensor([5, 1, 5, 9, 1, 7])
    learned, held = split(checksums, "x")
    assert (held.tolist(), learned.tolist()) == ([1, 4], [0, 2, 3, 5])
