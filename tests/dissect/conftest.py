"""What all tests of dissection share."""

import pytest

# Planted pictures are drawn with 0 and 1; the warning has its own test.
PLANTED = "ignore::dissect.sampling.RangeWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/dissect/" in item.path.as_posix():
            item.add_marker(pytest.mark.filterwarnings(PLANTED))
