"""From where each island receives: enumerated."""

import pytest

from egan.islands.topology import everyone, grid, grid_of, ring


def test_a_ring_receives_from_the_island_before() -> None:
    assert ring(4) == [[3], [0], [1], [2]]
    assert ring(1) == [[]]


def test_all_receive_from_all_others() -> None:
    assert everyone(3) == [[1, 2], [0, 2], [0, 1]]


def test_a_grid_is_closed_to_a_torus() -> None:
    # 0 1 2
    # 3 4 5
    # 6 7 8
    cells = grid(9)
    assert cells[4] == [1, 3, 5, 7]
    assert cells[0] == [1, 2, 3, 6]
    assert cells[8] == [2, 5, 6, 7]


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (7, (1, 7)), (8, (2, 4)), (12, (3, 4)), (16, (4, 4))])
def test_the_grid_is_as_square_as_it_can_be(count: int, shape: tuple[int, int]) -> None:
    assert grid_of(count) == shape
    for island, each in enumerate(grid(count)):
        assert island not in each
        assert len(set(each)) == len(each) <= 4
        assert all(island in grid(count)[other] for other in each)  # who receives from whom is mutual
