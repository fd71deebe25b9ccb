"""Names that are not known are answered with those that are."""

import pytest

from core_gans.foundation.names import did_you_mean, require_known, unknown_name


def test_near_names_are_offered_and_nothing_else() -> None:
    told = str(unknown_name("layer", "blok1", ["block1", "other", "block2"]))
    assert told == "no layer is called 'blok1': did you mean block1 or block2?"


def test_where_none_is_near_all_are_listed_in_their_order() -> None:
    assert str(unknown_name("bird", "zzz", ["wren", "owl"])) == "no bird is called 'zzz': choose one of wren, owl."
    assert str(unknown_name("bird", "zzz", {"wren", "owl"})) == "no bird is called 'zzz': choose one of owl, wren."
    assert str(unknown_name("bird", "zzz", {"wren": 1, "owl": 2})).endswith("choose one of wren, owl.")
    assert str(unknown_name("bird", "zzz", [])) == "no bird is called 'zzz': there is none."


def test_near_names_and_all_of_them_each_in_more_words() -> None:
    told = unknown_name("bird", "oul", ["wren", "owl"], told=lambda name: f"{name} ({len(name)})", list_all=True)
    assert str(told) == "no bird is called 'oul': did you mean owl (3)? Choose one of wren (4), owl (3)."


def test_a_long_list_is_cut() -> None:
    assert str(unknown_name("number", "x", map(str, range(100, 145)))).endswith("138, 139 and 5 more.")


def test_at_most_three_near_names() -> None:
    assert did_you_mean("aaaa", ["aaab", "aaac", "aaad", "aaae"]).count("aaa") == 3
    assert did_you_mean("zzz", ["wren"]) == ""


def test_a_known_name_passes_and_any_other_value_is_refused_in_a_line() -> None:
    assert require_known("bird", "owl", {"owl": 1}) == "owl"
    for found in ("oul", None, ["owl"], "o" * 1_000):
        with pytest.raises(ValueError, match="no bird is called") as refused:
            require_known("bird", found, {"owl": 1})
        assert len(str(refused.value)) < 150
