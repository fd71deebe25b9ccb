"""Tables of Markdown keep their columns, whatever is in their cells."""

from core_gans.foundation.markdown import table


def test_a_table_has_a_rule_and_escapes_what_would_end_a_cell() -> None:
    written = table(["name", "score"], [["a|b", "1"], ["c", "2"]])
    assert written.splitlines() == ["| name | score |", "| --- | --- |", r"| a\|b | 1 |", "| c | 2 |"]


def test_numbers_stand_at_the_right() -> None:
    assert table(["name", "x", "y"], [], numbers=True).splitlines()[1] == "| :-- | --: | --: |"
