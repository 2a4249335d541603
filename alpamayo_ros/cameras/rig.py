# SPDX-License-Identifier: Apache-2.0
"""The cameras of a vehicle: which role each plays for the model, and which one sets t0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from alpamayo_ros.types import ConfigurationError


@dataclass(frozen=True, slots=True)
class Role:
    """A camera position the model knows: its id, and the name the prompt calls it by."""

    camera_id: int
    name: str
    prompt_name: str


ROLES = (
    Role(0, "cross_left", "Front left"),
    Role(1, "front_wide", "Front"),
    Role(2, "cross_right", "Front right"),
    Role(3, "rear_left", "Rear left"),
    Role(4, "rear_tele", "Rear"),
    Role(5, "rear_right", "Rear right"),
    Role(6, "front_tele", "Front telephoto"),
)
"""The seven cameras of the Alpamayo family, in the order of the released models."""

ROLE_BY_NAME = {role.name: role for role in ROLES}
MAX_CAMERAS = len(ROLES)


class RigError(ConfigurationError):
    """Cameras that cannot form a rig."""


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: its role, the model's id for it, and the topic its images come on."""

    role: str
    camera_id: int
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Rig:
    """One to seven cameras sorted by id, and the role of the one whose frames set t0.

    Raises RigError when a role or an id appears twice, an id is none of the model's, the anchor
    is not among the cameras, or there is no camera at all.
    """

    cameras: tuple[Camera, ...]
    anchor: str

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "cameras", tuple(sorted(self.cameras, key=lambda camera: camera.camera_id))
        )
        if not self.cameras:
            raise RigError("the rig has no camera: camera_roles is empty")
        self._check_unique()
        for camera in self.cameras:
            if not 0 <= camera.camera_id < MAX_CAMERAS:
                raise RigError(
                    f"camera '{camera.role}' has id {camera.camera_id}, "
                    f"outside 0 .. {MAX_CAMERAS - 1}"
                )
        if self.anchor not in self.roles:
            raise RigError(f"anchor '{self.anchor}' is none of the cameras {', '.join(self.roles)}")

    def _check_unique(self) -> None:
        role, times = Counter(self.roles).most_common(1)[0]
        if times > 1:
            raise RigError(f"camera role '{role}' appears {times} times")
        camera_id, times = Counter(camera.camera_id for camera in self.cameras).most_common(1)[0]
        if times > 1:
            same = [camera.role for camera in self.cameras if camera.camera_id == camera_id]
            raise RigError(f"cameras {', '.join(same)} share the id {camera_id}")

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles, sorted by camera id."""
        return tuple(camera.role for camera in self.cameras)


def standard_camera(role: str, topic: str = "", camera_id: int = -1) -> Camera:
    """Return a camera with its role's standard id, or with ``camera_id`` when that is not -1.

    Raises RigError when the role is none of the model's and no id is given.
    """
    if camera_id != -1:
        return Camera(role, camera_id, topic)
    if role not in ROLE_BY_NAME:
        raise RigError(
            f"camera role '{role}' is none of {', '.join(ROLE_BY_NAME)}; "
            f"set cameras.{role}.camera_id to use it"
        )
    return Camera(role, ROLE_BY_NAME[role].camera_id, topic)


def standard_rig(roles: Iterable[str], anchor: str = "") -> Rig:
    """Return a rig of standard roles; the anchor is front_wide if there, else the first by id."""
    cameras = tuple(standard_camera(role) for role in roles)
    names = [camera.role for camera in sorted(cameras, key=lambda camera: camera.camera_id)]
    if not anchor and names:
        anchor = "front_wide" if "front_wide" in names else names[0]
    return Rig(cameras, anchor)
