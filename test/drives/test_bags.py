# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

import mcap.reader
import mcap.writer
import pytest
import yaml
from alpamayo_msgs.msg import Candidate, ModeDecision, Prediction, TrajectoryPoint
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import TransformStamped
from hypothesis import given
from hypothesis import strategies as st
from mcap_ros2.decoder import DecoderFactory
from rclpy.serialization import deserialize_message, serialize_message
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Header, String
from tf2_msgs.msg import TFMessage

from alpamayo_ros.drives.bags import (
    BEST_EFFORT,
    LATCHED,
    STORAGES,
    BagExists,
    BagNotFound,
    BagReader,
    BagTruncated,
    BagUnreadable,
    BagWriter,
    MalformedMessage,
    McapFileWriter,
    MessageWriter,
    UnknownMessageType,
    definition_of,
    header_stamp_ns,
    type_name,
)
from alpamayo_ros.ros.conversions import time_from_ns

START_NS = 1_557_539_956_400_135_000

PREDICTION = Prediction(
    policy="ctra", candidates=[Candidate(points=[TrajectoryPoint()] * 3)], speed=3.5
)
PREDICTION.header = Header(stamp=time_from_ns(START_NS), frame_id="base_link")
STATUS = DiagnosticStatus(level=b"\1", name="n", values=[KeyValue(key="k", value="v")])

MESSAGES = {
    "/prediction": PREDICTION,
    "/mode_decision": ModeDecision(command_id="7", reason="NOT_IMPLEMENTED: ä"),
    "/tf_static": TFMessage(transforms=[TransformStamped(child_frame_id="base_link")]),
    "/diagnostics": DiagnosticArray(status=[STATUS]),
    "/clock": Clock(clock=time_from_ns(START_NS)),
    "/reasoning_trace": String(data="x" * 5000),
}


def write_all(writer: MessageWriter, rounds: int = 3) -> list[tuple[str, int, bytes]]:
    written = []
    for topic, message in MESSAGES.items():
        qos = {"/tf_static": LATCHED, "/clock": BEST_EFFORT}.get(topic)
        arguments = (qos,) if qos else ()
        writer.add_topic(topic, type_name(type(message)), *arguments)
    for index in range(rounds):
        for topic, message in MESSAGES.items():
            entry = (topic, START_NS + len(written) + index, serialize_message(message))
            writer.write(*entry)
            written.append(entry)
    return written


@pytest.fixture(params=[*STORAGES, "file"])
def bag(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list]:
    if request.param == "file":
        path = tmp_path / "out" / "out.mcap"
        with McapFileWriter(path) as writer:
            return path, write_all(writer)
    path = tmp_path / "bag"
    with BagWriter(path, request.param) as writer:
        return path, write_all(writer)


def test_what_is_written_is_read_back_byte_by_byte(bag):
    path, written = bag
    with BagReader(path) as reader:
        assert list(reader.messages()) == written
        assert reader.topics == {topic: type_name(type(m)) for topic, m in MESSAGES.items()}
        assert reader.topic_counts == dict.fromkeys(MESSAGES, 3)
        assert reader.message_count == len(written)
        assert reader.start_ns == START_NS
        assert reader.duration_ns == written[-1][1] - START_NS
        only = list(reader.messages({"/clock"}))
        assert only == [entry for entry in written if entry[0] == "/clock"]
        assert list(reader.messages({"/nothing"})) == []


def test_a_storage_file_inside_a_bag_is_read_too(bag):
    path, written = bag
    if path.is_dir():
        (inner,) = [p for p in path.iterdir() if p.suffix in (".mcap", ".db3")]
        with BagReader(inner) as reader:
            assert list(reader.messages()) == written


def test_messages_survive_with_their_content(bag):
    path, _ = bag
    with BagReader(path) as reader:
        data = {topic: data for topic, _, data in reader.messages()}
    for topic, message in MESSAGES.items():
        assert deserialize_message(data[topic], type(message)) == message


def test_rosbags_reads_the_definitions_and_the_offered_qos(bag):
    path, written = bag
    with Reader(path) as reader:
        assert len(list(reader.messages())) == len(written)
        by_topic = {connection.topic: connection for connection in reader.connections}
        for topic, message in MESSAGES.items():
            assert by_topic[topic].msgdef.data == definition_of(type_name(type(message)))[0]
        static = by_topic["/tf_static"].ext.offered_qos_profiles[0]
        assert static.durability.name == "TRANSIENT_LOCAL"
        assert by_topic["/clock"].ext.offered_qos_profiles[0].reliability.name == "BEST_EFFORT"


def test_mcap_files_decode_by_the_definitions_they_carry(bag):
    path, written = bag
    files = [path] if path.is_file() else list(path.glob("*.mcap"))
    for file in files:
        with file.open("rb") as stream:
            reader = mcap.reader.make_reader(stream, decoder_factories=[DecoderFactory()])
            assert reader.get_header().profile == "ros2"
            assert reader.get_summary().statistics.message_count == len(written)
            decoded = {c.topic: m for _, c, _, m in reader.iter_decoded_messages()}
        assert decoded["/prediction"].policy == "ctra"
        assert len(decoded["/prediction"].candidates[0].points) == 3
        assert decoded["/prediction"].header.stamp.nanosec == START_NS % 10**9
        assert decoded["/mode_decision"].reason == "NOT_IMPLEMENTED: ä"
        assert decoded["/diagnostics"].status[0].values[0].value == "v"
        assert decoded["/tf_static"].transforms[0].child_frame_id == "base_link"


def test_qos_is_written_as_every_rosbag2_since_humble_reads_it(bag):
    path, _ = bag
    if path.is_file():
        with path.open("rb") as stream:
            channels = mcap.reader.make_reader(stream).get_summary().channels.values()
            texts = [channel.metadata["offered_qos_profiles"] for channel in channels]
    else:
        information = yaml.safe_load((path / "metadata.yaml").read_text())
        topics = information["rosbag2_bagfile_information"]["topics_with_message_count"]
        texts = [topic["topic_metadata"]["offered_qos_profiles"] for topic in topics]
    for text in texts:
        assert isinstance(yaml.safe_load(text)[0]["history"], int)


def test_the_hash_is_the_one_rosidl_computes():
    pytest.importorskip("ament_index_python")
    from ament_index_python import get_package_share_directory

    folder = Path(get_package_share_directory("alpamayo_msgs")) / "msg"
    if not (folder / "Prediction.json").is_file():
        pytest.skip("this ROS distribution installs no type hashes")
    hashes = yaml.safe_load((folder / "Prediction.json").read_text())["type_hashes"]
    expected = {entry["type_name"]: entry["hash_string"] for entry in hashes}
    name = "alpamayo_msgs/msg/Prediction"
    assert definition_of(name)[1] == expected[name]


def test_a_type_nobody_knows_is_an_error_of_one_line():
    with pytest.raises(UnknownMessageType, match="no definition of message type none_msgs"):
        definition_of("none_msgs/msg/X")


# -- stamps in the bytes


@given(st.integers(0, 2**31 * 10**9 - 1), st.text(max_size=20))
def test_the_stamp_is_read_from_the_bytes(stamp_ns, frame):
    frame = frame.replace("\0", "").encode("utf-8", "ignore").decode()
    message = Prediction(header=Header(stamp=time_from_ns(stamp_ns), frame_id=frame))
    assert header_stamp_ns(serialize_message(message)) == stamp_ns


def test_the_stamp_of_a_big_endian_message():
    assert header_stamp_ns(struct.pack(">HHiI", 0, 0, 12, 34)) == 12_000_000_034


@pytest.mark.parametrize("data", [b"", b"\0\1\0\0\1\0\0\0", b"\7\1\0\0" + bytes(20)])
def test_bytes_that_are_no_message(data):
    with pytest.raises(MalformedMessage):
        header_stamp_ns(data)


# -- what goes wrong


def test_no_such_bag(tmp_path):
    with pytest.raises(BagNotFound, match=r"^no such bag: .*nowhere$"):
        BagReader(tmp_path / "nowhere")


@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_mcap_says_where_it_ends(tmp_path, indexed, fraction):
    path = tmp_path / "cut.mcap"
    if indexed:
        with McapFileWriter(path) as writer:
            write_all(writer, rounds=50)
    else:
        write_unindexed(path)
        with BagReader(path) as reader:
            assert len(list(reader.messages())) == 100
    data = path.read_bytes()
    size = int(len(data) * fraction)
    path.write_bytes(data[:size])
    with pytest.raises(BagTruncated, match=f"is truncated: it ends at byte {size} ") as error:
        BagReader(path)
    assert "\n" not in str(error.value)


def write_unindexed(path: Path) -> None:
    with path.open("wb") as stream:
        writer = mcap.writer.Writer(
            stream, use_chunking=False, index_types=mcap.writer.IndexType.NONE,
            repeat_channels=False, repeat_schemas=False, use_statistics=False,
            use_summary_offsets=False,
        )  # fmt: skip
        writer.start(profile="ros2")
        schema = writer.register_schema(
            "std_msgs/msg/String", "ros2msg", definition_of("std_msgs/msg/String")[0].encode()
        )
        channel = writer.register_channel("/words", "cdr", schema)
        for index in range(100):
            data = serialize_message(String(data="word " * 20))
            writer.add_message(channel, START_NS + index, data, START_NS + index)
        writer.finish()


def test_a_truncated_mcap_in_a_bag(tmp_path):
    with BagWriter(tmp_path / "bag") as writer:
        write_all(writer)
    file = tmp_path / "bag" / "bag.mcap"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(BagTruncated, match=r"bag\.mcap is truncated"):
        BagReader(tmp_path / "bag")


@pytest.mark.parametrize("size", [50, 5000])
def test_a_truncated_sqlite3_bag(tmp_path, size):
    with BagWriter(tmp_path / "bag", "sqlite3") as writer:
        write_all(writer)
    file = tmp_path / "bag" / "bag.db3"
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(BagTruncated, match=f"ends at byte {size}"):
        BagReader(tmp_path / "bag")


def test_a_chunk_that_was_overwritten(tmp_path):
    path = tmp_path / "out.mcap"
    with McapFileWriter(path) as writer:
        write_all(writer, rounds=50)
    data = bytearray(path.read_bytes())
    data[len(data) // 8 : len(data) // 4] = b"?" * (len(data) // 4 - len(data) // 8)
    path.write_bytes(data)
    with pytest.raises(BagUnreadable) as error, BagReader(path) as reader:
        list(reader.messages())
    assert "\n" not in str(error.value)


def test_things_that_are_no_bags(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "text.mcap").write_text("hello, this is not an mcap file at all")
    (tmp_path / "text.db3").write_text("hello, this is not a database at all")
    sqlite3.connect(tmp_path / "other.db3").execute("CREATE TABLE t (x)").connection.close()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "metadata.yaml").write_text("{")
    (tmp_path / "empty").mkdir()
    for name in ("notes.txt", "text.mcap", "text.db3", "other.db3", "broken", "empty"):
        with pytest.raises(BagUnreadable, match=name) as error:
            BagReader(tmp_path / name)
        assert "\n" not in str(error.value)


def test_a_recording_without_metadata_names_its_file(tmp_path):
    with BagWriter(tmp_path / "bag") as writer:
        write_all(writer)
    (tmp_path / "bag" / "metadata.yaml").unlink()
    with pytest.raises(BagUnreadable, match=r"no metadata\.yaml; open .*bag\.mcap itself"):
        BagReader(tmp_path / "bag")


def test_an_empty_bag(tmp_path):
    with BagWriter(tmp_path / "bag"):
        pass
    with BagReader(tmp_path / "bag") as reader:
        assert (reader.message_count, reader.start_ns, reader.duration_ns) == (0, 0, 0)
        assert list(reader.messages()) == []


def test_a_bag_is_never_written_over(tmp_path):
    (tmp_path / "bag").mkdir()
    with pytest.raises(BagExists, match="exists already"):
        BagWriter(tmp_path / "bag")


@pytest.mark.parametrize("storage", STORAGES)
def test_a_bag_whose_writing_failed_is_removed(tmp_path, storage):
    with pytest.raises(ZeroDivisionError), BagWriter(tmp_path / "bag", storage) as writer:
        write_all(writer)
        raise ZeroDivisionError
    assert not (tmp_path / "bag").exists()


def test_a_recording_that_failed_can_be_read_as_far_as_it_went(tmp_path):
    path = tmp_path / "out.mcap"
    written = []
    with pytest.raises(ZeroDivisionError), McapFileWriter(path) as writer:
        written = write_all(writer)
        raise ZeroDivisionError
    with BagReader(path) as reader:
        assert list(reader.messages()) == written
