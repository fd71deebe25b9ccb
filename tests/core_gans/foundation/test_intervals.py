"""Intervals unpack into three numbers and are written in one way."""

import numpy as np

from core_gans.foundation.intervals import Change, Interval, written


def test_an_interval_is_written_with_its_ends_by_one_format():
    interval = Interval(0.1234, 0.101, 0.145)
    assert str(interval) == f"{interval}" == "0.123 (0.101 to 0.145)"
    assert f"{Interval(-0.5, -1, 0.25):+.1f}" == "-0.5 (-1.0 to +0.2)"
    assert f"{Interval(0.5, 0.25, 1):.0%}" == "50% (25 to 100)"
    assert f"{Interval(-0.7, -0.75, -0.001):+.0%}" == "-70% (-75 to 0)"  # no minus nothing
    assert str(Interval(0.0, np.nan, np.nan)) == "0.000 (too few for an interval)"
    assert written(-0.0004, "+.1%") == "0.0%"
    assert written(-0.004, "+.1%") == "-0.4%"
    assert tuple(interval) == (0.1234, 0.101, 0.145)


def test_a_change_holds_an_interval_for_each_quantity():
    change = Change(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([3.0, np.inf]))
    assert change.of(1) == Interval(2.0, 1.0, np.inf)
