from core_gans.foundation.counting import how_many


def test_one_stands_alone() -> None:
    assert [how_many(number, "round") for number in (0, 1, 2, 1000)] == [
        "0 rounds",
        "1 round",
        "2 rounds",
        "1,000 rounds",
    ]
