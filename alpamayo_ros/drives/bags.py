# SPDX-License-Identifier: Apache-2.0
"""Bags: reading and writing rosbag2 (mcap, sqlite3) and single mcap files, as raw CDR bytes.

Stamps here are the receive times of a bag, in integer nanoseconds; the stamp of a sensor is in its
message and can be had from the bytes with ``header_stamp_ns``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol

import mcap.writer
from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import Reader, StoragePlugin, Writer, WriterError
from rosbags.rosbag2.metadata import dump_qos_v8
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.base import TypesysError
from rosbags.typesys.store import Typestore

from alpamayo_ros.types import SECOND_NS, StackError

STORAGES = ("mcap", "sqlite3")

# Version 9 writes QoS as words, which rosbag2 before Jazzy cannot read; every later one reads 8.
_METADATA_VERSION: Literal[8] = 8

_REPOSITORY = Path(__file__).resolve().parents[2]


class BagError(StackError):
    """Base of the errors of this module."""


class BagNotFound(BagError):
    """There is nothing at the path of a bag."""


class BagExists(BagError):
    """Something is at the path of a bag that is to be written."""


class BagTruncated(BagError):
    """A bag ends before its end: the recording or a copy was cut off."""


class BagUnreadable(BagError):
    """Not a bag, or a bag that is damaged."""


class UnknownMessageType(BagError):
    """A message type whose definition is nowhere to be found."""


class MalformedMessage(BagError):
    """Bytes that are not a serialised message."""


# -- messages as bytes


def header_stamp_ns(data: bytes | memoryview) -> int:
    """Stamp [ns] of a serialised message that begins with a std_msgs/Header.

    Reads the CDR bytes: four of encapsulation (the second tells the byte order), then the seconds
    (int32) and nanoseconds (uint32). Raises MalformedMessage when that is not what they are.
    """
    if len(data) < 12 or data[0] != 0 or data[1] not in (0, 1):
        raise MalformedMessage(f"not a serialised message: {bytes(data[:4])!r}, {len(data)} bytes")
    seconds, nanoseconds = struct.unpack_from("<iI" if data[1] else ">iI", data, 4)
    return int(seconds) * SECOND_NS + int(nanoseconds)


def type_name(message_type: type) -> str:
    """Name of a message class as bags have it: "package/msg/Type"."""
    package, kind, _ = message_type.__module__.split(".", 2)
    return f"{package}/{kind}/{message_type.__name__}"


@cache
def _typestore() -> Typestore:
    distribution = os.environ.get("ROS_DISTRO", "").upper()
    return get_typestore(getattr(Stores, f"ROS2_{distribution}", Stores.ROS2_KILTED))


def definition_of(type_: str) -> tuple[str, str]:
    """Full message definition, dependencies included, and RIHS01 hash of "package/msg/Type".

    Common types are known; others come from the .msg files of installed packages or, for
    alpamayo_msgs, of this repository. Raises UnknownMessageType.
    """
    store = _typestore()
    if type_ not in store.fielddefs:
        _register_package(store, type_)
    try:
        definition, _ = store.generate_msgdef(type_, ros_version=2)
    except (KeyError, TypesysError) as error:
        raise UnknownMessageType(f"{type_} needs another type: {_one_line(error)}") from error
    return definition, store.hash_rihs01(type_)


def _register_package(store: Typestore, type_: str) -> None:
    package = type_.split("/", 1)[0]
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    folders = [Path(prefix, "share", package, "msg") for prefix in prefixes if prefix]
    for folder in (*folders, _REPOSITORY / package / "msg"):
        if not (folder / f"{type_.rsplit('/', 1)[-1]}.msg").is_file():
            continue
        for path in sorted(folder.glob("*.msg")):
            store.register(get_types_from_msg(path.read_text(), f"{package}/msg/{path.stem}"))
        return
    raise UnknownMessageType(f"no definition of message type {type_} is installed")


# -- reading


class BagReader:
    """Reads a rosbag2 directory, one .mcap or one .db3 file; a context manager.

    Raises BagNotFound, BagTruncated or BagUnreadable, each with one clear line.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise BagNotFound(f"no such bag: {self.path}")
        self._check_files()
        try:
            self._reader = Reader(self.path)
            self._reader.open()
        except Exception as error:
            raise BagUnreadable(f"cannot read bag {self.path}: {_one_line(error)}") from error

    def _check_files(self) -> None:
        if not self.path.is_dir():
            if self.path.suffix not in _CHECKS:
                raise BagUnreadable(
                    f"{self.path} is not a bag: neither a directory nor .mcap nor .db3"
                )
            _CHECKS[self.path.suffix](self.path)
            return
        files = [path for path in sorted(self.path.iterdir()) if path.suffix in _CHECKS]
        if not (self.path / "metadata.yaml").is_file():
            hint = f"; open {files[0]} itself, or run `ros2 bag reindex`" if files else ""
            raise BagUnreadable(f"{self.path} is not a bag: it has no metadata.yaml{hint}")
        for file in files:
            _CHECKS[file.suffix](file)

    @property
    def topics(self) -> dict[str, str]:
        """Message type of each topic."""
        return {connection.topic: connection.msgtype for connection in self._reader.connections}

    @property
    def topic_counts(self) -> dict[str, int]:
        """Number of messages of each topic."""
        counts = dict.fromkeys(self.topics, 0)
        for connection in self._reader.connections:
            counts[connection.topic] += connection.msgcount
        return counts

    @property
    def message_count(self) -> int:
        """Number of messages of all topics."""
        return self._reader.message_count

    @property
    def start_ns(self) -> int:
        """Receive time of the first message; 0 when there is none."""
        return self._reader.start_time if self.message_count else 0

    @property
    def duration_ns(self) -> int:
        """Time from the first message to the last; 0 when there is none."""
        # rosbags counts up to the first nanosecond after the last message
        return max(0, self._reader.duration - 1)

    def messages(self, topics: Collection[str] | None = None) -> Iterator[tuple[str, int, bytes]]:
        """Yield (topic, receive time [ns], CDR bytes) in order of time, of ``topics`` or of all.

        Raises BagUnreadable when the bag turns out to be damaged on the way.
        """
        wanted = [c for c in self._reader.connections if topics is None or c.topic in topics]
        if not wanted:
            return
        messages = self._reader.messages(wanted)
        read = 0
        while True:
            try:
                connection, stamp_ns, data = next(messages)
            except StopIteration:
                return
            except Exception as error:
                raise BagUnreadable(
                    f"bag {self.path} is damaged after message {read}: {_one_line(error)}"
                ) from error
            read += 1
            yield connection.topic, stamp_ns, data

    def close(self) -> None:
        """Close the files."""
        if self._reader.is_open:
            self._reader.close()

    def __enter__(self) -> BagReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


_MCAP_MAGIC = b"\x89MCAP0\r\n"
_MCAP_FOOTER_SIZE = 1 + 8 + 20
_MCAP_RECORDS = {
    0x01: "header", 0x02: "footer", 0x03: "schema", 0x04: "channel", 0x05: "message",
    0x06: "chunk", 0x07: "message index", 0x08: "chunk index", 0x0F: "data end",
}  # fmt: skip


def _check_mcap(path: Path) -> None:
    """Raise BagTruncated or BagUnreadable unless a file begins and ends as mcap files do.

    Only a file that does not end well is walked, record by record, to say where it was cut.
    Layout: https://mcap.dev/spec.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(len(_MCAP_MAGIC))
        if not _MCAP_MAGIC.startswith(magic):
            raise BagUnreadable(f"{path} is not an mcap file: it begins with {magic!r}")
        if size >= 2 * len(_MCAP_MAGIC) + _MCAP_FOOTER_SIZE:
            file.seek(-len(_MCAP_MAGIC), os.SEEK_END)
            if file.read() == _MCAP_MAGIC:
                return
        position = len(_MCAP_MAGIC)
        while position + 9 <= size:
            file.seek(position)
            opcode, length = struct.unpack("<BQ", file.read(9))
            if opcode == 0:
                raise BagUnreadable(f"{path} is damaged: no mcap record at byte {position}")
            if position + 9 + length > size:
                kind = _MCAP_RECORDS.get(opcode, f"0x{opcode:02x}")
                raise BagTruncated(
                    f"{path} is truncated: it ends at byte {size} inside the {kind} record that "
                    f"begins at byte {position} and needs {position + 9 + length - size} more"
                )
            position += 9 + length
    raise BagTruncated(f"{path} is truncated: it ends at byte {size} without a footer")


_SQLITE_MAGIC = b"SQLite format 3\0"


def _check_sqlite3(path: Path) -> None:
    """Raise BagTruncated or BagUnreadable unless a file is as long as its header says.

    Page size: bytes 16 and 17; number of pages: bytes 28 to 31 (https://sqlite.org/fileformat.html).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(100)
    if not _SQLITE_MAGIC.startswith(head[:16]):
        raise BagUnreadable(f"{path} is not an sqlite3 file: it begins with {head[:16]!r}")
    if len(head) < 100:
        raise BagTruncated(f"{path} is truncated: it ends at byte {size} inside its header")
    page_size, pages = struct.unpack(">H", head[16:18])[0], struct.unpack(">I", head[28:32])[0]
    expected = (65536 if page_size == 1 else page_size) * pages
    if size < expected:
        raise BagTruncated(f"{path} is truncated: it ends at byte {size} of {expected}")


_CHECKS = {".mcap": _check_mcap, ".db3": _check_sqlite3}


# -- writing


@dataclass(frozen=True, slots=True)
class OfferedQos:
    """What the publisher of a recorded topic offered; ``ros2 bag play`` offers the same."""

    depth: int = 10
    reliable: bool = True
    latched: bool = False


RELIABLE = OfferedQos()
BEST_EFFORT = OfferedQos(reliable=False)
LATCHED = OfferedQos(depth=1, latched=True)


def _qos(offered: OfferedQos) -> Qos:
    unspecified = QosTime(0, 0)
    return Qos(
        QosHistory.KEEP_LAST,
        offered.depth,
        QosReliability.RELIABLE if offered.reliable else QosReliability.BEST_EFFORT,
        QosDurability.TRANSIENT_LOCAL if offered.latched else QosDurability.VOLATILE,
        deadline=unspecified,
        lifespan=unspecified,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=unspecified,
        avoid_ros_namespace_conventions=False,
    )


class MessageWriter(Protocol):
    """What BagWriter and McapFileWriter have in common."""

    def add_topic(self, topic: str, type_: str, qos: OfferedQos = RELIABLE) -> None:
        """Announce a topic of "package/msg/Type"."""

    def write(self, topic: str, stamp_ns: int, data: bytes) -> None:
        """Write the CDR bytes of one message; ``stamp_ns`` is its receive time."""


class BagWriter:
    """Writes a rosbag2 directory; a context manager that leaves no half a bag behind.

    Raises BagExists when something is at the path. When the body of the ``with`` raises, what was
    written is removed.
    """

    def __init__(self, path: Path | str, storage: str = "mcap") -> None:
        self.path = Path(path)
        if self.path.exists():
            raise BagExists(f"{self.path} exists already; choose another name or remove it")
        self._connections: dict[str, Connection] = {}
        try:
            self._writer = Writer(
                self.path, version=_METADATA_VERSION, storage_plugin=StoragePlugin[storage.upper()]
            )
            self._writer.open()
        except (OSError, WriterError) as error:
            raise BagError(f"cannot write bag {self.path}: {_one_line(error)}") from error

    def add_topic(self, topic: str, type_: str, qos: OfferedQos = RELIABLE) -> None:
        """Announce a topic of "package/msg/Type". Raises UnknownMessageType."""
        definition, rihs01 = definition_of(type_)
        self._connections[topic] = self._writer.add_connection(
            topic, type_, msgdef=definition, rihs01=rihs01, offered_qos_profiles=[_qos(qos)]
        )

    def write(self, topic: str, stamp_ns: int, data: bytes) -> None:
        """Write the CDR bytes of one message; ``stamp_ns`` is its receive time."""
        self._writer.write(self._connections[topic], stamp_ns, data)

    def close(self) -> None:
        """Write index and metadata."""
        self._writer.close()

    def __enter__(self) -> BagWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
            return
        with contextlib.suppress(Exception):
            self.close()
        shutil.rmtree(self.path, ignore_errors=True)


class McapFileWriter:
    """Writes one .mcap file, complete with message definitions; a context manager.

    Chunks are compressed with lz4, where it is installed, or zstd. Leaving the ``with`` always
    writes index and footer, so that what came before an error can be read. A file at the path is
    replaced. What a crash loses is what is not in a whole chunk of ``chunk_bytes``, or was not
    forced to the disk by ``sync``.
    """

    def __init__(self, path: Path | str, chunk_bytes: int = 1 << 20) -> None:
        self.path = Path(path)
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._sequence: dict[str, int] = {}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        except OSError as error:
            raise BagError(f"cannot write {self.path}: {error.strerror}") from error
        self._writer = mcap.writer.Writer(
            self._file, chunk_size=chunk_bytes, compression=_available_compression()
        )
        self._writer.start(profile="ros2", library="alpamayo_ros")

    def add_topic(self, topic: str, type_: str, qos: OfferedQos = RELIABLE) -> None:
        """Announce a topic of "package/msg/Type". Raises UnknownMessageType."""
        definition, rihs01 = definition_of(type_)
        if type_ not in self._schemas:
            self._schemas[type_] = self._writer.register_schema(
                name=type_, encoding="ros2msg", data=definition.encode()
            )
        self._channels[topic] = self._writer.register_channel(
            topic,
            message_encoding="cdr",
            schema_id=self._schemas[type_],
            metadata={
                "offered_qos_profiles": dump_qos_v8([_qos(qos)]),
                "topic_type_hash": rihs01,
            },
        )
        self._sequence[topic] = 0

    def write(self, topic: str, stamp_ns: int, data: bytes) -> None:
        """Write the CDR bytes of one message; ``stamp_ns`` is its receive time."""
        self._writer.add_message(
            self._channels[topic], stamp_ns, data, stamp_ns, self._sequence[topic]
        )
        self._sequence[topic] += 1

    def sync(self) -> None:
        """Force every whole chunk to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write index and footer; a second call does nothing."""
        if not self._file.closed:
            self._writer.finish()
            self._file.close()

    def __enter__(self) -> McapFileWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _available_compression() -> Any:
    kinds = mcap.writer.CompressionType
    for module, kind in (("lz4", kinds.LZ4), ("zstandard", kinds.ZSTD)):
        if getattr(mcap.writer, module, None) is not None:
            return kind
    return kinds.NONE
