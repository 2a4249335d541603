# SPDX-License-Identifier: Apache-2.0
"""``./run replay BAG``: play a bag into the nodes, or tick by tick; recording, summary, report."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from alpamayo_ros import __version__
from alpamayo_ros.cameras.rig import ROLE_BY_NAME
from alpamayo_ros.drives.bags import BagReader, header_stamp_ns
from alpamayo_ros.drives.drive_record import DriveWriter
from alpamayo_ros.drives.inputs import COMPRESSED_IMAGE, DriveInputs, find_inputs
from alpamayo_ros.drives.live import play_live
from alpamayo_ros.drives.lockstep import Lockstep
from alpamayo_ros.drives.progress import Progress
from alpamayo_ros.drives.record import Recording, read_recording
from alpamayo_ros.drives.summary import Latencies, summarise
from alpamayo_ros.drives.survey import survey
from alpamayo_ros.ros.bringup import NODES, Bringup, share_folder
from alpamayo_ros.ros.parameters import Value, load_params_file
from alpamayo_ros.types import SECOND_NS, ConfigurationError
from alpamayo_ros.views.report import Picture, Replayed, write_report
from alpamayo_ros.views.thumbnails import thumbnail

_PICTURED_TICKS = 4

_TINY_MODEL = "test/data/alpamayo1_5_tiny"

Message = tuple[str, int, bytes]
Values = Mapping[str, Mapping[str, Value]]


class ReplayError(ConfigurationError):
    """A replay that cannot be done as asked."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``./run replay``."""
    parser.add_argument(
        "bag", type=Path, metavar="BAG", help="rosbag2 directory, .mcap or .db3 file"
    )
    parser.add_argument(
        "--out", type=Path, default=None, metavar="DIR",
        help="where out.mcap, ticks.parquet, scenes.parquet, summary.json and report.html go "
        "(default: out/replay/NAME)",
    )  # fmt: skip
    parser.add_argument(
        "--rate", type=float, default=1.0, help="speed of the bag's time (default: 1)"
    )
    parser.add_argument(
        "--lockstep", action="store_true",
        help="tick by tick in one process: nothing is late, the same bytes each time",
    )  # fmt: skip
    parser.add_argument(
        "--params", type=Path, action="append", default=[], metavar="FILE",
        help="params file over params/alpamayo.yaml; may be given again, later ones win",
    )  # fmt: skip
    parser.add_argument("--policy", default=None, help="policy instead of the params files' one")
    parser.add_argument(
        "--model", default=None, metavar="DIR|ID",
        help="checkpoint of the policy alpamayo; without one, the tiny one of the tests",
    )  # fmt: skip
    parser.add_argument(
        "--tokenizer", default=None, metavar="DIR|ID", help="tokenizer of a model that has none"
    )


def run(arguments: argparse.Namespace) -> int:
    """Replay; say what came of it. 0 only when something was predicted."""
    out: Path = arguments.out or Path("out/replay") / arguments.bag.stem
    summary = replay(
        arguments.bag, out, rate=arguments.rate, lockstep=arguments.lockstep,
        params=arguments.params, policy=arguments.policy,
        model=arguments.model, tokenizer=arguments.tokenizer,
    )  # fmt: skip
    print(_one_line(summary))
    print(f"report: {out / 'report.html'}")
    if summary["predictions"]:
        return 0
    missed = ", ".join(f"{count} {reason}" for reason, count in summary["missed"].items())
    print(
        f"alpamayo_ros: nothing was predicted ({missed or 'the bag is shorter than the warm-up'})",
        file=sys.stderr,
    )
    return 1


def _one_line(summary: Mapping[str, Any]) -> str:
    ade = ", ".join(
        f"{horizon} s {value:.2f} m" for horizon, value in summary["ade_m"].items()
        if value is not None
    )  # fmt: skip
    stack = summary["latency_ms"]["stack"]["p50"]
    return (
        f"{summary['predictions']} of {summary['ticks']} ticks predicted, {summary['plans']} plans"
        + (f"; ADE {ade}" if ade else "")
        + (f"; camera to plan {stack:.1f} ms (median)" if stack is not None else "")
    )


def replay(
    bag: Path,
    out: Path,
    rate: float = 1.0,
    lockstep: bool = False,
    params: Sequence[Path] = (),
    policy: str | None = None,
    progress: bool = True,
    model: str | None = None,
    tokenizer: str | None = None,
) -> dict[str, Any]:
    """Replay a bag; write recording, record, summary and report to ``out``; return the summary.

    In real time, ``rate`` times as fast, with the nodes as processes (what they log goes to
    nodes.log), or ``lockstep``. ``policy``, ``model`` and ``tokenizer`` None: as the params files
    say; where those name no model either, the policy alpamayo runs the tests' tiny one. Raises the
    errors of bags, ParameterError, NoCameras, NotAlone, NodesNotReady, NodeDied, NodeFailed,
    RecordingFailed and ReplayError.
    """
    if not 0.01 <= rate <= 100.0:
        raise ReplayError(f"rate {rate:g} is outside 0.01 .. 100")
    recording_path = out / "out.mcap"
    if recording_path.exists() and recording_path.resolve() == bag.resolve():
        raise ReplayError(f"{bag} would be overwritten by its own replay; choose another --out")
    with BagReader(bag) as reader:
        given = {"policy": policy, "model": model, "tokenizer": tokenizer}
        inputs, bringup = _prepare(reader, params, given)
        bringup = _with_a_model(bringup)
        values = bringup.check()
        out.mkdir(parents=True, exist_ok=True)
        job = _Job(reader, inputs, bringup, values, out, rate, progress)
        began = time.monotonic()
        with DriveWriter(recording_path, inputs.types, bag.resolve().stem, not lockstep) as writer:
            play = _run_lockstep if lockstep else _run_live
            latencies_of, happened = play(job, writer)
        recording = read_recording(recording_path)
        about = {
            "bag": bag.resolve().name,
            "mode": "lockstep" if lockstep else "real_time",
            "rate": rate,
            "policy": values["vla_inference"]["policy"],
            "replayed_at": datetime.now().astimezone().isoformat(timespec="seconds"),
            "start_ns": reader.start_ns,
            "end_ns": job.end_ns,
            "duration_s": reader.duration_ns / SECOND_NS,
            "wall_s": round(time.monotonic() - began, 3),
            "versions": _versions(),
            **happened,
        }
        return _conclude(job, recording, latencies_of(recording), about)


@dataclass(frozen=True, slots=True)
class _Job:
    """A replay that can begin."""

    reader: BagReader
    inputs: DriveInputs
    bringup: Bringup
    values: Values
    out: Path
    rate: float
    progress: bool

    @property
    def end_ns(self) -> int:
        return self.reader.start_ns + self.reader.duration_ns

    def messages(self, what: str) -> Iterator[Message]:
        """The messages to play, with progress."""
        start_ns = self.reader.start_ns
        total_s = self.reader.duration_ns / SECOND_NS
        with Progress(what, total_s, self.progress) as progress:
            for message in self.reader.messages(tuple(self.inputs.types)):
                yield message
                progress.at((message[1] - start_ns) / SECOND_NS)


def _prepare(
    reader: BagReader, params: Sequence[Path], given: Mapping[str, str | None]
) -> tuple[DriveInputs, Bringup]:
    names = [process.name for process in NODES]
    camera_sync: dict[str, Any] = {}
    for path in params:
        camera_sync |= load_params_file(path, names)["camera_sync"]
    topics = {topic: kind for topic, kind in reader.topics.items() if reader.topic_counts[topic]}
    inputs = find_inputs(topics, camera_sync, str(reader.path))
    # what a params file says is left to it, and to its being checked
    chosen: dict[str, Value] = {
        name: value for name, value in inputs.parameters().items() if name not in camera_sync
    }
    parameters: dict[str, Mapping[str, Value]] = {"camera_sync": chosen}
    known = [ROLE_BY_NAME[role].camera_id for role in inputs.cameras if role in ROLE_BY_NAME]
    ids = ",".join(map(str, sorted(known)))
    parameters["vla_inference"] = {"cameras": ids} | {
        name: value for name, value in given.items() if value is not None
    }
    files = (share_folder() / "params" / "alpamayo.yaml", *params)
    return inputs, Bringup(params_files=files, use_sim_time=True, parameters=parameters)


def _with_a_model(bringup: Bringup) -> Bringup:
    """Let the policy alpamayo run the tests' tiny checkpoint where nobody named a model."""
    values = bringup.check()["vla_inference"]
    tiny = share_folder() / _TINY_MODEL
    if values["policy"] != "alpamayo" or values["model"] or not tiny.is_dir():
        return bringup
    print(
        f"no model is named: replaying with {_TINY_MODEL}, which knows a few sentences and "
        "cannot drive; --model takes a real one",
        file=sys.stderr,
    )
    inference = {**bringup.parameters["vla_inference"], "model": str(tiny)}
    return replace(bringup, parameters={**bringup.parameters, "vla_inference": inference})


# -- the two ways


LatenciesOf = Callable[[Recording], Latencies]


def _run_lockstep(job: _Job, writer: DriveWriter) -> tuple[LatenciesOf, dict[str, object]]:
    with Lockstep(job.values, job.inputs, writer, writer.see) as lockstep:
        lockstep.run(job.messages("lockstep"), job.reader.start_ns)
    return lambda _: lockstep.latencies, {}


def _run_live(job: _Job, writer: DriveWriter) -> tuple[LatenciesOf, dict[str, object]]:
    images = frozenset(job.inputs.cameras.values())

    def image_stamp(topic: str, data: bytes) -> int | None:
        return header_stamp_ns(data) if topic in images else None

    arrivals, happened = play_live(
        job.bringup, job.inputs, job.messages("replay"), (job.reader.start_ns, job.end_ns),
        job.rate, writer, image_stamp, job.out / "nodes.log",
    )  # fmt: skip
    return lambda recording: arrivals.latencies(job.inputs, recording), happened


# -- what remains


def _conclude(
    job: _Job, recording: Recording, latencies: Latencies, about: Mapping[str, object]
) -> dict[str, Any]:
    """Write summary and report; return the summary."""
    ego = job.values["ego_motion"]
    wanted = _pictured(recording)
    track, images = survey(
        job.reader, job.inputs, str(ego["source"]), str(ego["odometry_frame"]),
        {(role, stamp_ns) for _, role, stamp_ns in wanted},
    )  # fmt: skip
    recording.plans = [plan for plan in recording.plans if plan.stamp_ns <= job.end_ns]
    summary, ticks, driven = summarise(job.inputs, track, recording, latencies, about)
    text = json.dumps(summary, indent=2, allow_nan=False, ensure_ascii=False)
    (job.out / "summary.json").write_text(text + "\n", encoding="utf-8")
    speeds = track.speeds or [(stamp, speed) for stamp, _, _, _, speed in recording.ego_track]
    pictures = []
    for t0_ns, role, stamp_ns in wanted:
        data = images.get((role, stamp_ns))
        compressed = job.inputs.types[job.inputs.cameras[role]] == COMPRESSED_IMAGE
        jpeg = None if data is None else thumbnail(data, compressed)
        if jpeg is not None:
            pictures.append(Picture(t0_ns, role, stamp_ns, jpeg))
    replayed = Replayed(summary, ticks, driven, recording, latencies, speeds, pictures)
    write_report(job.out / "report.html", replayed)
    return summary


def _pictured(recording: Recording) -> list[tuple[int, str, int]]:
    """t0, role and stamp of the newest images of a few ticks, spread over the drive."""
    t0s = sorted(recording.predictions.keys() & recording.frame_sets.keys())
    t0s = t0s or sorted(recording.frame_sets)
    places = np.linspace(0, len(t0s) - 1, min(_PICTURED_TICKS, len(t0s))).round().astype(int)
    return [
        (t0s[place], camera.role, camera.stamps_ns[-1])
        for place in places.tolist()
        for camera in recording.frame_sets[t0s[place]].cameras
    ]


def _versions() -> dict[str, str]:
    from rclpy.utilities import get_rmw_implementation_identifier

    return {
        "alpamayo_ros": __version__,
        "ROS": os.environ.get("ROS_DISTRO", "from wheels"),
        "middleware": get_rmw_implementation_identifier(),
        "Python": platform.python_version(),
        "numpy": np.__version__,
    }
