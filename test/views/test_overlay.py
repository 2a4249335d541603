# SPDX-License-Identifier: Apache-2.0
"""Overlays: what is drawn lies where it must, on generated and on real images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from views.scenes import plan, pose, prediction, scene

from alpamayo_ros import types as t
from alpamayo_ros.drives.generate import camera_info, generate_drive
from alpamayo_ros.drives.pandaset import ROLES, import_pandaset
from alpamayo_ros.drives.replay import replay
from alpamayo_ros.drives.sensor_rig import DEMO_ROLES, standard_rig
from alpamayo_ros.ros.bringup import share_folder
from alpamayo_ros.views.colours import RED, speed_colour
from alpamayo_ros.views.overlay import draw, overlay
from alpamayo_ros.views.projection import View, camera_model, view_of
from alpamayo_ros.views.sheet import plain, text_width, wrap
from alpamayo_ros.views.stills import NothingToShow, Still, still
from alpamayo_ros.views.vehicle import Vehicle, corridor

VEHICLE = Vehicle()
SIZE = (960, 540)
RIG = {camera.role: camera for camera in standard_rig()}
GREY = 90


def view(role: str) -> View:
    camera = RIG[role]
    return view_of(camera_model(camera_info(camera, 0), SIZE), camera.pose, pose())


def grey() -> t.Pixels:
    return np.full((SIZE[1], SIZE[0], 3), GREY, np.uint8)


def drawn(role: str, **changes: object) -> t.Pixels:
    image = grey()
    draw(image, view(role), scene(prediction=None, **changes), VEHICLE)
    return image


def touched(image: t.Pixels) -> t.FloatArray:
    return (image != GREY).any(axis=2)


@pytest.mark.parametrize("role", ["front_wide", "front_tele"])
def test_the_corridor_is_shaded_between_its_edges_and_nowhere_else(role: str) -> None:
    image = touched(drawn(role))
    path = plan()
    covered = corridor(VEHICLE, path.positions, path.headings, path.speeds, path.times_s)
    camera = view(role)
    middle, inside = camera.model.project(camera.local(covered.rows[:, 2]))
    for x, y in np.rint(middle[inside]).astype(int):
        assert image[y, x]
    for side, step in ((0, 0.6), (-1, -0.6)):
        beside = covered.rows[:40, side] + (0.0, step, 0.0)
        pixels, seen = camera.model.project(camera.local(beside))
        for x, y in np.rint(pixels[seen]).astype(int):
            # a second's label may stand on the right
            assert side == -1 or not image[y, x]
    # above the horizon there is no ground
    horizon = round(float(RIG[role].model.matrix[1, 2]))
    assert not image[: horizon - 20].any()


def test_the_shade_is_the_speed() -> None:
    for speed in (2.0, 18.0):
        image = drawn("front_wide", plan=plan(speed)).astype(float)
        camera = view("front_wide")
        pixels, _ = camera.model.project(camera.local(np.array([(6.0, 0.4, 0.0)])))
        x, y = np.rint(pixels[0]).astype(int)
        expected = (np.array(speed_colour(speed)) + GREY) / 2
        np.testing.assert_allclose(image[y, x], expected, atol=3)


def test_the_stop_is_a_red_wall() -> None:
    image = drawn("front_wide", plan=plan(4.0, -1.0)).astype(int)
    camera = view("front_wide")
    wall = np.array([(8.0 + VEHICLE.front, 0.3, 0.5)])
    pixels, _ = camera.model.project(camera.local(wall))
    x, y = np.rint(pixels[0]).astype(int)
    red, green, blue = image[y, x]
    assert red > GREY + 30 and green < GREY and blue < GREY
    assert not _reddish(drawn("front_wide", plan=plan(8.0))).any()


def _reddish(image: t.Pixels) -> t.FloatArray:
    return np.abs(image.astype(int) - RED).max(axis=2) < 12


def test_a_camera_that_looks_away_gets_nothing() -> None:
    (rear,) = standard_rig(["rear_tele"])
    image = grey()
    camera = view_of(camera_model(camera_info(rear, 0), SIZE), rear.pose, pose())
    draw(image, camera, scene(), VEHICLE)
    assert not touched(image).any()


def test_candidates_are_thin_lines() -> None:
    image = grey()
    draw(image, view("front_wide"), scene(plan=None), VEHICLE)
    assert 0.0005 < touched(image).mean() < 0.03
    alone = grey()
    draw(alone, view("front_wide"), scene(plan=None, prediction=prediction(1)), VEHICLE)
    assert touched(alone).any(), "without a plan the selected one is shown, too"


def test_an_overlay_has_one_size_whatever_it_says_and_leaves_the_image_alone() -> None:
    image = grey()
    long = prediction(verdict=t.Consistency.CONTRADICTION, trace="word " * 200)
    pictures = [
        overlay(image, view("front_wide"), shown, VEHICLE, "front_wide")
        for shown in (
            scene(),
            scene(plan=None, prediction=None),
            scene(prediction=long, alarm="camera_sync: camera front_wide silent for 1 s"),
        )
    ]
    assert len({picture.shape for picture in pictures}) == 1
    assert not touched(image).any()
    captions = [picture[SIZE[1] :] for picture in pictures]
    assert not np.array_equal(captions[0], captions[1])
    assert _reddish(captions[2]).any() and not _reddish(captions[0]).any()
    without = overlay(image, None, scene(), VEHICLE)
    assert not touched(without[: SIZE[1]]).any()


def test_words_are_wrapped_to_what_fits_and_written_in_plain_letters() -> None:
    assert plain("Fußgänger \u2013 “stop” …") == 'Fussganger - "stop" ...'
    assert plain("止") == "?"
    lines = wrap("slow down for the pedestrian " * 30, 300.0, 10.0, 3)
    assert len(lines) == 3 and lines[-1].endswith("...")
    assert max(text_width(line, 10.0) for line in lines) <= 300.0
    assert wrap("", 300.0, 10.0, 3) == []
    assert len(wrap("x" * 500, 300.0, 10.0, 2)) == 1


# -- whole drives


def pictures(shown: Still, roles: tuple[str, ...], folder: Path) -> dict[str, t.Pixels]:
    made = {role: shown.overlay(role, VEHICLE) for role in roles}
    made["birds_eye"] = shown.birds_eye(VEHICLE)
    for name, picture in made.items():
        assert cv2.imwrite(str(folder / f"{name}.png"), picture[:, :, ::-1])
    return made


def changed(shown: Still, role: str, picture: t.Pixels) -> t.FloatArray:
    """Which pixels of the image differ from what the camera saw."""
    image, _ = shown.images[role]
    height = round(picture.shape[1] * image.shape[0] / image.shape[1])
    plain_image = cv2.resize(image, (picture.shape[1], height), interpolation=cv2.INTER_AREA)
    return (picture[:height] != plain_image).any(axis=2)


def test_the_generated_drive_is_drawn_into_every_camera_that_sees_the_road(tmp_path: Path) -> None:
    generate_drive(tmp_path / "drive", seconds=3.0)
    replay(tmp_path / "drive", tmp_path, lockstep=True, progress=False)
    begin = 1_700_000_000 * t.SECOND_NS
    shown = still(tmp_path / "out.mcap", begin + round(4.2 * t.SECOND_NS))
    with pytest.raises(NothingToShow, match="shows nothing"):
        still(tmp_path / "out.mcap", begin)
    made = pictures(shown, DEMO_ROLES, tmp_path)
    assert shown.scene.plan is not None and shown.scene.plan.source == t.PlanSource.MODEL
    for role in ("front_wide", "front_tele"):
        marks = changed(shown, role, made[role])
        assert marks.mean() > 0.02
        assert not marks[: marks.shape[0] // 3].any(), "the plan lies on the road, not in the sky"
    # straight ahead it is as far from one side as from the other
    columns = np.flatnonzero(changed(shown, "front_wide", made["front_wide"])[-60:].any(axis=0))
    assert abs(columns.mean() - 480) < 60


def test_the_real_drive_is_drawn_into_six_cameras(drives: Path, tmp_path: Path) -> None:
    import_pandaset(drives / "pandaset_002_a", tmp_path / "drive")
    params = [share_folder() / "params" / "pandaset.yaml"]
    replay(tmp_path / "drive", tmp_path, lockstep=True, params=params, progress=False)
    with_plans = 1557539956_500_000_000 + round(4.0 * t.SECOND_NS)
    shown = still(tmp_path / "out.mcap", with_plans)
    roles = tuple(ROLES.values())
    made = pictures(shown, roles, tmp_path)
    assert set(shown.images) == set(roles)
    # the vehicle drives straight on in its lane: the cameras to the front see it, no other does
    assert changed(shown, "front_wide", made["front_wide"]).mean() > 0.02
    for role in ("rear_left", "rear_tele", "rear_right"):
        assert not changed(shown, role, made[role]).any()
    rows = [
        np.hstack([made[role] for role in roles[:3]]),
        np.hstack([made[role] for role in roles[3:]]),
    ]
    assert cv2.imwrite(str(tmp_path / "overlay_pandaset.png"), np.vstack(rows)[:, :, ::-1])
