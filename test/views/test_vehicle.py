# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views.scenes import plan

from alpamayo_ros.types import ConfigurationError
from alpamayo_ros.views.scene import stop_of
from alpamayo_ros.views.vehicle import ACROSS, Vehicle, bumper_line, corridor

VEHICLE = Vehicle(length=5.0, width=2.0, rear_overhang=1.0, ground=-0.3)


def of(path):
    return corridor(VEHICLE, path.positions, path.headings, path.speeds, path.times_s)


@given(
    speed=st.floats(0.0, 30.0),
    acceleration=st.floats(-6.0, 2.0),
    curvature=st.floats(-0.1, 0.1),
)
@settings(max_examples=60, deadline=None)
def test_a_corridor_is_as_wide_as_the_vehicle_and_ends_at_its_bumper(
    speed, acceleration, curvature
):
    path = plan(speed, acceleration, curvature)
    found = of(path)
    assert found.rows.shape[1:] == (ACROSS, 3) and np.isfinite(found.rows).all()
    widths = np.linalg.norm(found.rows[:, 0] - found.rows[:, -1], axis=1)
    np.testing.assert_allclose(widths, VEHICLE.width, atol=1e-6)
    np.testing.assert_allclose(found.rows[..., 2], VEHICLE.ground, atol=1e-9)
    end = bumper_line(VEHICLE, path.positions[-1], float(path.headings[-1]))
    np.testing.assert_allclose(found.rows[-1, [0, -1]], end, atol=0.05)
    assert (np.diff(found.times_s) >= 0).all()


def test_it_begins_at_the_front_bumper_with_left_on_the_left():
    found = of(plan(8.0))
    np.testing.assert_allclose(found.rows[0, 0], (4.0, 1.0, -0.3), atol=1e-9)
    np.testing.assert_allclose(found.rows[0, -1], (4.0, -1.0, -0.3), atol=1e-9)


def test_times_and_speeds_are_those_of_the_bumper():
    found = of(plan(8.0, -1.0))
    for second in (1.0, 2.5, 6.0):
        row = found.row_at(second)
        assert row is not None
        assert row[2, 0] == pytest.approx(4.0 + 8 * second - second**2 / 2, abs=0.03)
    assert found.row_at(6.5) is None and found.row_at(-0.1) is None


def test_after_the_stop_there_is_no_more_time():
    path = plan(4.0, -2.0)
    stop = stop_of(path)
    assert stop is not None and stop.distance == pytest.approx(4.0, abs=0.05)
    found = of(path)
    assert found.times_s[-1] <= stop.time_s + 0.11
    assert found.row_at(4.0) is None


def test_a_standing_vehicle_covers_nothing_and_stops_where_it_is():
    path = plan(0.0)
    stop = stop_of(path)
    assert stop is not None and (stop.index, stop.distance) == (0, 0.0)
    found = of(path)
    assert np.ptp(found.rows[:, :, 0]) == 0.0


def test_points_that_are_not_finite_end_the_path():
    path = plan(8.0)
    path.positions[20:] = np.nan
    assert of(path).rows[:, :, 0].max() == pytest.approx(4.0 + 8 * 1.9, abs=0.05)
    path.positions[0] = np.inf
    assert len(of(path).rows) == 0


def test_an_outline_that_cannot_be_is_refused():
    with pytest.raises(ConfigurationError, match=r"rear_overhang 5 m .* 4\.9 m"):
        Vehicle(rear_overhang=5.0)
