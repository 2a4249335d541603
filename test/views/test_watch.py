# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from hypothesis import given, settings
from hypothesis import strategies as st
from tf2_msgs.msg import TFMessage
from views.scenes import T0_NS, plan, pose, prediction

from alpamayo_ros import types as t
from alpamayo_ros.drives.bag_layout import static_transforms
from alpamayo_ros.drives.generate import camera_info
from alpamayo_ros.drives.sensor_rig import standard_rig
from alpamayo_ros.views.ego_track import REACH_NS, EgoTrack
from alpamayo_ros.views.watch import CameraWatch, NoView, SceneWatch

STEP_NS = 50_000_000
SPEED, YAW_RATE = 10.0, 0.3


def on_circle(stamp_ns: int) -> t.EgoState:
    turned = YAW_RATE * (stamp_ns - T0_NS) / t.SECOND_NS
    radius = SPEED / YAW_RATE
    here = pose(radius * math.sin(turned), radius * (1 - math.cos(turned)), turned)
    return t.EgoState(stamp_ns, "odom", here, SPEED, YAW_RATE)


def driven(count: int = 40) -> EgoTrack:
    track = EgoTrack()
    for step in range(count):
        assert track.add(on_circle(T0_NS + step * STEP_NS))
    return track


@given(st.integers(0, 39 * STEP_NS + REACH_NS))
@settings(max_examples=60, deadline=None)
def test_the_pose_of_an_image_is_where_the_vehicle_was(after_ns):
    found = driven().pose_at(T0_NS + after_ns)
    truth = on_circle(T0_NS + after_ns).pose
    assert found is not None
    np.testing.assert_allclose(found.position, truth.position, atol=0.01)
    assert abs(found.quaternion @ truth.quaternion) == pytest.approx(1.0, abs=1e-6)


def test_outside_of_what_is_known_there_is_no_pose():
    track = driven()
    assert track.pose_at(T0_NS - 1) is None
    assert track.pose_at(T0_NS + 39 * STEP_NS + REACH_NS + 1) is None
    assert EgoTrack().pose_at(T0_NS) is None


def test_a_track_takes_what_is_newer_and_finite():
    track = driven(5)
    assert not track.add(on_circle(T0_NS))
    spoilt = dataclasses.replace(on_circle(T0_NS + 10 * STEP_NS), speed=math.nan)
    assert not track.add(spoilt)
    other = dataclasses.replace(on_circle(T0_NS + 10 * STEP_NS), odometry_frame="map")
    assert track.add(other) and len(track.past()) == 2
    with pytest.raises(t.ClockJumped):
        track.add(dataclasses.replace(other, stamp_ns=T0_NS - 2 * t.SECOND_NS))


def test_the_past_is_thinned_and_ends_at_the_vehicle():
    track = driven(2000)
    past = track.past()
    assert len(past) <= 242
    np.testing.assert_array_equal(past[-1], track.newest.pose.position)


# -- scenes


def test_what_is_not_renewed_goes():
    watch = SceneWatch(stale_s=2.0)
    assert watch.scene(T0_NS) is None
    watch.take_ego(on_circle(T0_NS), T0_NS)
    watch.take_plan(plan(), T0_NS + t.SECOND_NS)
    watch.take_prediction(prediction(), T0_NS + 2 * t.SECOND_NS)
    everything = watch.scene(T0_NS + 2 * t.SECOND_NS)
    assert everything.ego and everything.plan and everything.prediction
    later = watch.scene(T0_NS + 3 * t.SECOND_NS + 1)
    assert later.ego is None and later.plan is None and later.prediction
    assert len(later.past) == 0
    assert watch.scene(T0_NS + 5 * t.SECOND_NS) is None


def test_older_messages_are_ignored_and_a_jump_is_told():
    watch = SceneWatch()
    watch.take_plan(plan(stamp_ns=T0_NS), T0_NS)
    watch.take_plan(plan(stamp_ns=T0_NS - 1000, source=t.PlanSource.STOP), T0_NS)
    assert watch.scene(T0_NS).plan.source == t.PlanSource.MODEL
    with pytest.raises(t.ClockJumped, match="plan"):
        watch.take_plan(plan(stamp_ns=T0_NS - 2 * t.SECOND_NS), T0_NS)
    watch.clear()
    assert watch.scene(T0_NS) is None


def test_what_is_in_another_frame_is_not_drawn_beside_the_vehicle():
    watch = SceneWatch()
    watch.take_ego(on_circle(T0_NS), T0_NS)
    watch.take_plan(dataclasses.replace(plan(), odometry_frame="map"), T0_NS)
    assert watch.scene(T0_NS).plan is None


def status(name: str, level: bytes, message: str, hardware: str = "alpamayo_ros"):
    return DiagnosticArray(
        status=[DiagnosticStatus(name=name, level=level, message=message, hardware_id=hardware)]
    )


def test_the_alarm_is_the_newest_error_of_the_stack_alone():
    watch = SceneWatch()
    watch.take_ego(on_circle(T0_NS), T0_NS)
    watch.take_diagnostics(status("other", DiagnosticStatus.ERROR, "hot", "gearbox"), T0_NS)
    watch.take_diagnostics(status("car/ego_motion", DiagnosticStatus.WARN, "late"), T0_NS)
    assert watch.scene(T0_NS).alarm == ""
    watch.take_diagnostics(status("car/camera_sync", DiagnosticStatus.ERROR, "silent"), T0_NS)
    assert watch.scene(T0_NS).alarm == "camera_sync: silent"
    watch.take_diagnostics(status("car/camera_sync", DiagnosticStatus.OK, "ok"), T0_NS)
    assert watch.scene(T0_NS).alarm == ""


# -- cameras


def test_a_view_needs_calibration_mount_and_pose_and_says_which_is_missing():
    (camera,) = standard_rig(["front_wide"])
    cameras, track = CameraWatch("base_link"), driven()

    def view(stamp_ns: int = T0_NS + t.SECOND_NS):
        return cameras.view("front_wide", stamp_ns, (960, 540), track)

    with pytest.raises(NoView, match="no CameraInfo of front_wide"):
        view()
    cameras.take_info("front_wide", camera_info(camera, T0_NS))
    assert cameras.frame("front_wide") == "front_wide_optical"
    with pytest.raises(NoView, match="'base_link' to 'front_wide_optical'"):
        view()
    cameras.take_static(static_transforms({camera.frame_id: camera.pose}, T0_NS))
    cameras.take_static(TFMessage())
    with pytest.raises(NoView, match="no ego pose"):
        view(T0_NS - t.SECOND_NS)
    model = view().model
    assert view(T0_NS).model is model, "not made anew for every image"
    changed = camera_info(camera, T0_NS)
    changed.k[0] += 1.0
    cameras.take_info("front_wide", changed)
    assert view().model.fx == model.fx + 1.0
