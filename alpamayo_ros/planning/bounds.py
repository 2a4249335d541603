# SPDX-License-Identifier: Apache-2.0
"""What a trajectory may ask of vehicle and passengers, and how exact it must be."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a trajectory.

    The comfort limits are nuPlan's, which measured them on human driving; as there, jerk and yaw
    acceleration are means over half a second, so that they judge the motion and not the noise
    between two waypoints, and so is the steering rate. ``max_curvature``, ``max_speed`` and what
    concerns the wheels are the vehicle's: a bicycle of its wheelbase steers at the angle
    atan(wheelbase * curvature). The start limits say how far the trajectory may begin from the
    measured state of the vehicle.
    """

    min_acceleration: float = -4.05
    """[m/s^2]"""
    max_acceleration: float = 2.40
    """[m/s^2]"""
    max_lateral_acceleration: float = 4.89
    """[m/s^2]"""
    max_longitudinal_jerk: float = 4.13
    """[m/s^3]"""
    max_jerk: float = 8.37
    """Of the vector of longitudinal and lateral acceleration [m/s^3]."""
    max_yaw_rate: float = 0.95
    """[rad/s]"""
    max_yaw_acceleration: float = 1.93
    """[rad/s^2]"""
    max_curvature: float = 0.2
    """A turning radius of 5 m, full lock of a passenger car [1/m]."""
    max_speed: float = 50.0
    """[m/s]"""
    wheelbase: float = 2.9
    """Between the axles [m]."""
    max_steering_angle: float = 0.6
    """Of the front wheels [rad]."""
    max_steering_rate: float = 0.7
    """Of the front wheels [rad/s]: 600 deg/s at a steering wheel geared 15 to 1."""
    max_start_offset: float = 0.5
    """Of the first waypoint from where the measured speed leads in 0.1 s [m]."""
    max_start_turn: float = 0.15
    """Of the heading at the first waypoint [rad]."""
    max_start_speed_error: float = 1.0
    """Of the speed at the first waypoint, beyond what acceleration explains [m/s]."""
