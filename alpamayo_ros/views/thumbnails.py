# SPDX-License-Identifier: Apache-2.0
"""Small pictures of camera images, for a report."""

from __future__ import annotations

from typing import Any

import cv2
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from alpamayo_ros.cameras.decode import decode_array, decode_compressed
from alpamayo_ros.cameras.errors import DecodeError
from alpamayo_ros.cameras.raw import check_encoding
from alpamayo_ros.ros.image_bridge import image_to_array

_HEIGHT = 168
_QUALITY = 72


def thumbnail(data: bytes, compressed: bool) -> bytes | None:
    """A small JPEG of a serialised CompressedImage or Image; None when it cannot be decoded."""
    message: Any = deserialize_message(data, CompressedImage if compressed else Image)
    try:
        if compressed:
            pixels = decode_compressed(message.data, message.format).pixels
        else:
            check_encoding(message.encoding)
            pixels = decode_array(image_to_array(message), message.encoding).pixels
    except DecodeError:
        return None
    height, width, _ = pixels.shape
    size = (round(width * _HEIGHT / height), _HEIGHT)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    done, jpeg = cv2.imencode(".jpg", small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return jpeg.tobytes() if done else None
