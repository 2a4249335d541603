# SPDX-License-Identifier: Apache-2.0
"""Rigs: sorted by the model's ids, and refused when they cannot work."""

import pytest

from alpamayo_ros.cameras.rig import (
    ROLES,
    Camera,
    Rig,
    RigError,
    standard_camera,
    standard_rig,
)
from alpamayo_ros.types import ConfigurationError


def test_roles_have_the_ids_and_prompt_names_of_the_model():
    assert [(role.camera_id, role.prompt_name) for role in ROLES] == [
        (0, "Front left"),
        (1, "Front"),
        (2, "Front right"),
        (3, "Rear left"),
        (4, "Rear"),
        (5, "Rear right"),
        (6, "Front telephoto"),
    ]


def test_cameras_are_sorted_by_id_whatever_the_order_given():
    rig = standard_rig(["front_tele", "cross_right", "front_wide", "cross_left"])
    assert rig.roles == ("cross_left", "front_wide", "cross_right", "front_tele")
    assert rig.anchor == "front_wide"


def test_a_rig_without_front_wide_is_anchored_at_its_first_camera():
    assert standard_rig(["rear_tele", "cross_left"]).anchor == "cross_left"


def test_a_role_of_the_users_own_needs_an_id():
    assert standard_camera("roof", "roof/image", 3) == Camera("roof", 3, "roof/image")
    with pytest.raises(RigError, match=r"'roof' is none of cross_left.*cameras\.roof\.camera_id"):
        standard_camera("roof")


@pytest.mark.parametrize(
    ("cameras", "anchor", "message"),
    [
        ((Camera("a", 1), Camera("a", 2)), "a", "role 'a' appears 2 times"),
        ((Camera("a", 1), Camera("b", 1)), "a", "cameras a, b share the id 1"),
        ((Camera("a", 1),), "b", "anchor 'b' is none of the cameras a"),
        ((), "a", "no camera"),
        ((Camera("a", 7),), "a", "id 7, outside 0 .. 6"),
    ],
)
def test_a_rig_that_cannot_work_is_refused(cameras, anchor, message):
    with pytest.raises(RigError, match=message):
        Rig(cameras, anchor)
    assert issubclass(RigError, ConfigurationError)
