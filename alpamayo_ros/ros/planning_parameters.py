# SPDX-License-Identifier: Apache-2.0
"""Parameters that the node that selects a candidate and the one that plans with it both have."""

from __future__ import annotations

from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.limits import CarefulBounds
from alpamayo_ros.planning.selection import SelectionSettings
from alpamayo_ros.ros.parameters import ParameterSpec

_BOUNDS = Bounds()
_CAREFUL = CarefulBounds()
_SELECTION = SelectionSettings()

REJECT_CONTRADICTIONS = ParameterSpec(
    "reject_contradictions",
    False,
    "Refuse a candidate that does otherwise than its reasoning says.",
)

LANE_WIDTH = ParameterSpec(
    "lane_width", 0.0,
    "Width of a lane, by which a lane change is told from a nudge; 0: not known.", "m", 0.0, 10.0,
)  # fmt: skip

BOUNDS_PARAMETERS = (
    ParameterSpec(
        "bounds.min_acceleration", _BOUNDS.min_acceleration,
        "Hardest braking of a prediction.", "m/s^2", -10.0, 0.0,
    ),
    ParameterSpec(
        "bounds.max_acceleration", _BOUNDS.max_acceleration,
        "Strongest acceleration of a prediction.", "m/s^2", 0.0, 10.0,
    ),
    ParameterSpec(
        "bounds.max_lateral_acceleration", _BOUNDS.max_lateral_acceleration,
        "Strongest lateral acceleration of a prediction.", "m/s^2", 0.0, 10.0,
    ),
    ParameterSpec(
        "bounds.max_longitudinal_jerk", _BOUNDS.max_longitudinal_jerk,
        "Largest longitudinal jerk of a prediction, mean over 0.5 s; also of a stop.",
        "m/s^3", 0.5, 50.0,
    ),
    ParameterSpec(
        "bounds.max_jerk", _BOUNDS.max_jerk,
        "Largest jerk of a prediction, both axes together, mean over 0.5 s.", "m/s^3", 0.5, 50.0,
    ),
    ParameterSpec(
        "bounds.max_yaw_rate", _BOUNDS.max_yaw_rate,
        "Largest yaw rate of a prediction.", "rad/s", 0.0, 5.0,
    ),
    ParameterSpec(
        "bounds.max_yaw_acceleration", _BOUNDS.max_yaw_acceleration,
        "Largest yaw acceleration of a prediction, mean over 0.5 s.", "rad/s^2", 0.0, 20.0,
    ),
    ParameterSpec(
        "bounds.max_curvature", _BOUNDS.max_curvature,
        "Sharpest curve the vehicle can drive.", "1/m", 0.01, 1.0,
    ),
    ParameterSpec(
        "bounds.max_speed", _BOUNDS.max_speed, "Highest speed of a plan.", "m/s", 0.1, 100.0,
    ),
    ParameterSpec(
        "bounds.wheelbase", _BOUNDS.wheelbase, "Between the vehicle's axles.", "m", 0.5, 10.0,
    ),
    ParameterSpec(
        "bounds.max_steering_angle", _BOUNDS.max_steering_angle,
        "Of the front wheels at full lock.", "rad", 0.05, 1.5,
    ),
    ParameterSpec(
        "bounds.max_steering_rate", _BOUNDS.max_steering_rate,
        "How fast the front wheels turn, mean over 0.5 s.", "rad/s", 0.05, 5.0,
    ),
    ParameterSpec(
        "bounds.max_start_offset", _BOUNDS.max_start_offset,
        "How far a prediction may begin from where the measured speed leads.", "m", 0.0, 5.0,
    ),
    ParameterSpec(
        "bounds.max_start_turn", _BOUNDS.max_start_turn,
        "How much a prediction may turn up to its first waypoint.", "rad", 0.0, 1.0,
    ),
    ParameterSpec(
        "bounds.max_start_speed_error", _BOUNDS.max_start_speed_error,
        "How far a prediction's first speed may be from the measured one, beyond what "
        "acceleration explains.",
        "m/s", 0.0, 10.0,
    ),
)  # fmt: skip

CAREFUL_PARAMETERS = (
    ParameterSpec(
        "careful.max_acceleration", _CAREFUL.max_acceleration,
        "Strongest acceleration while a person's words ask for careful driving.",
        "m/s^2", 0.1, 3.0,
    ),
    ParameterSpec(
        "careful.deceleration", _CAREFUL.deceleration,
        "Braking towards a limit while driving carefully; a prediction's own is not weakened.",
        "m/s^2", 0.5, 4.0,
    ),
    ParameterSpec(
        "careful.max_lateral_acceleration", _CAREFUL.max_lateral_acceleration,
        "Strongest lateral acceleration while driving carefully.", "m/s^2", 0.5, 5.0,
    ),
    ParameterSpec(
        "careful.max_jerk", _CAREFUL.max_jerk,
        "Largest longitudinal jerk while driving carefully.", "m/s^3", 0.5, 10.0,
    ),
)  # fmt: skip

SELECTION_PARAMETERS = (
    ParameterSpec(
        "selection.comfort_weight", _SELECTION.comfort_weight,
        "Of accelerations and jerk in the cost of a candidate.", "", 0.0, 100.0,
    ),
    ParameterSpec(
        "selection.mean_distance_weight", _SELECTION.mean_distance_weight,
        "Of a candidate's distance to the mean of the sound ones.", "", 0.0, 100.0,
    ),
    ParameterSpec(
        "selection.consistency_weight", _SELECTION.consistency_weight,
        "Of an axis on which a candidate contradicts its reasoning.", "", 0.0, 100.0,
    ),
    ParameterSpec(
        "selection.limits_weight", _SELECTION.limits_weight,
        "Of what exceeds the driving limits of a person's words.", "", 0.0, 100.0,
    ),
    ParameterSpec(
        "selection.last_plan_weight", _SELECTION.last_plan_weight,
        "Of a candidate's distance to what was selected last.", "", 0.0, 100.0,
    ),
    REJECT_CONTRADICTIONS,
)  # fmt: skip
