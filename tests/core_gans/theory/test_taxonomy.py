"""The table of the family tree against the survey's figure, and the words for what bounds a slope."""

from pathlib import Path

from core_gans.theory.taxonomy import Row, as_markdown, constraint, taxonomy
from core_gans.variants import LSGAN, VARIANTS

REGULARISED = {"wgan", "wgan_gp", "ls_gan", "gls_gan", "ebgan", "began"}
UNBOUNDED = {"gan", "dcgan", "lsgan", "fgan"}


def rows() -> dict[str, Row]:
    return {row.variant: row for row in taxonomy()}


def test_the_table_is_the_surveys_figure() -> None:
    table = rows()
    assert {name for name in REGULARISED | UNBOUNDED if table[name].regularised} == REGULARISED


def test_every_row_is_a_variant_with_its_paper() -> None:
    for name, row in rows().items():
        assert row.paper == VARIANTS[name].paper


def test_constraints_are_the_papers() -> None:
    table = rows()
    assert table["wgan"].constraint == "weights within 0.01"
    assert table["wgan_gp"].constraint == "gradient penalty 10"
    assert table["dcgan"].constraint == "none"


def test_constraints_follow_the_fields() -> None:
    game = LSGAN(normalisation="spectral", r1=5.0, gradient_penalty=2.0, one_sided=True)
    assert constraint(game) == "one-sided gradient penalty 2, R1 5, spectral normalisation"


def test_markdown_has_a_line_for_each_row_and_the_regularised_ones_last() -> None:
    lines = as_markdown().splitlines()[2:]
    assert [line.split(" | ")[0].lstrip("| ") for line in lines] == [row.variant for row in taxonomy()]
    regularised = ["bounded slope" in line for line in lines]
    assert regularised == sorted(regularised)
    assert regularised[0] != regularised[-1]


def test_the_docs_hold_the_table() -> None:
    page = Path(__file__).parents[3] / "docs" / "theory.md"
    assert as_markdown() in page.read_text(encoding="utf-8"), (
        "write core_gans.theory.taxonomy.as_markdown() into docs/theory.md"
    )
