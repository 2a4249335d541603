# SPDX-License-Identifier: Apache-2.0
"""Serialised messages that are equal to the byte when the messages are.

CDR aligns numbers, and Fast DDS leaves what lies between them as it was in memory: two
serialisations of one message differ. Here the gaps are zero.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from rclpy.serialization import serialize_message
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from alpamayo_ros.drives.bags import definition_of, type_name


@cache
def _store(kind: str) -> Typestore:
    store = get_typestore(Stores.EMPTY)
    definition, _ = definition_of(kind)
    store.register(get_types_from_msg(definition, kind))
    return store


def canonical(data: bytes, kind: str) -> bytes:
    """The CDR bytes of a "package/msg/Type" with zeros between its fields."""
    store = _store(kind)
    return bytes(store.serialize_cdr(store.deserialize_cdr(data, kind), kind))


def canonical_cdr(message: Any) -> bytes:
    """CDR bytes of a message with zeros between its fields."""
    return canonical(serialize_message(message), type_name(type(message)))
