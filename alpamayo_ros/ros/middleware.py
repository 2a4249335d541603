# SPDX-License-Identifier: Apache-2.0
"""How Fast DDS runs in the processes of the stack; other middlewares take no notice.

Each process has a profile: params/fastdds.xml for nodes, params/fastdds_cameras.xml for what sends
images. A profile that the user chose by Fast DDS' own variable always wins.
"""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from alpamayo_ros.ros.bringup import share_folder

# Fast DDS 2 reads its profile from a variable of another name.
_PROFILES, _PROFILES_2 = "FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE"
_VARIABLES = (_PROFILES, _PROFILES_2)
_DISTRIBUTIONS_WITH_FAST_DDS_2 = ("humble", "iron", "jazzy")

# Where multicast is off (ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST) rmw_fastrtps looks for
# participants 0 .. 31 only. The lowest are left to processes that count up from 0.
_FIRST_ID, _IDS = 4, 28


def environment(
    base: Mapping[str, str] | None = None, sends_pixels: bool = False
) -> dict[str, str]:
    """Environment for the nodes: the given one (else this process's) and their profile."""
    result = dict(os.environ if base is None else base)
    for variable in _VARIABLES:
        if result.get(variable) == _profile(for_images=True):
            del result[variable]
    _set_profile(result, sends_pixels)
    return result


def send_images_from_here() -> None:
    """Prepare this process, before rclpy.init, for sending images: a larger segment.

    The nodes that it starts still get theirs from ``environment``.
    """
    _set_profile(os.environ, for_images=True)


@contextlib.contextmanager
def participant_of_its_own() -> Iterator[None]:
    """Prepare this process for nodes that may have been killed before; the first is made inside.

    Fast DDS would give it the port of the killed one. Others still have the dead port's shared
    memory mapped, and what they send would be lost for up to 3 s, until they find out. So the
    participant gets an id, and with it a port, that was not in use just now.
    """
    _set_profile(os.environ, for_images=False)
    ours = (_profile(for_images=False), _profile(for_images=True))
    variable = next((name for name in _VARIABLES if os.environ.get(name) in ours), None)
    number = _unused_id()
    if variable is None or number is None:
        yield
        return
    profile = os.environ[variable]
    numbered = f"<rtps>\n        <participantID>{number}</participantID>"
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(Path(profile).read_text().replace("<rtps>", numbered, 1))
        file.flush()
        os.environ[variable] = file.name
        try:
            yield
        finally:
            os.environ[variable] = profile


def _set_profile(variables: dict[str, str] | os._Environ[str], for_images: bool) -> None:
    profile = _profile(for_images)
    if variables.get("ROS_DISTRO") in _DISTRIBUTIONS_WITH_FAST_DDS_2:
        variables.setdefault(_PROFILES_2, variables.get(_PROFILES) or profile)
    elif not variables.get(_PROFILES_2):
        variables.setdefault(_PROFILES, profile)


def _profile(for_images: bool) -> str:
    name = "fastdds_cameras.xml" if for_images else "fastdds.xml"
    return str(share_folder() / "params" / name)


def _unused_id() -> int | None:
    # The port of a participant is 7400 + 250 * domain + 10 + 2 * id (RTPS 2.5, 9.6.2.3). Begins at
    # the process id, so that nodes started together do not try the same one.
    begin = os.getpid()
    domain = os.environ.get("ROS_DOMAIN_ID", "")
    base = 7400 + 250 * (int(domain) if domain.isdecimal() else 0) + 10
    candidates = [_FIRST_ID + (begin + step) % _IDS for step in range(_IDS)]
    return next((i for i in candidates if _is_unused(base + 2 * i)), None)


def _is_unused(port: int) -> bool:
    if any(Path(f"/dev/shm/{kind}_port{port + 1}").exists() for kind in ("fastdds", "fastrtps")):
        return False
    for number in (port, port + 1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("", number))
            except OSError:
                return False
    return True
