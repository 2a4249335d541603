# SPDX-License-Identifier: Apache-2.0
"""Images as they arrive, compressed or raw, to RGB at model resolution.

A JPEG is scaled by powers of two inside the decoder (fewer pixels to transform), the rest is one
antialiased resize. Nothing is allocated per image when the caller brings ``out`` and ``Scratch``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.cameras.errors import (
    CorruptImage,
    DecodeError,
    ResolutionChanged,
    UnknownEncoding,
)
from alpamayo_ros.cameras.raw import check_encoding, image_array, to_rgb
from alpamayo_ros.cameras.resample import (
    MAX_IMAGE_BYTES,
    MAX_PIXELS,
    MIN_PIXELS,
    Scratch,
    Size,
    model_size,
    power_of_two_reduction,
    resize,
)
from alpamayo_ros.types import Pixels

try:
    import simplejpeg
except ImportError:  # not everywhere; OpenCV then decodes, at full size
    simplejpeg = None

__all__ = [
    "MAX_IMAGE_BYTES",
    "MAX_PIXELS",
    "MIN_PIXELS",
    "CorruptImage",
    "DecodeError",
    "DecodedImage",
    "ResolutionChanged",
    "Scratch",
    "Size",
    "UnknownEncoding",
    "decode_array",
    "decode_compressed",
    "decode_raw",
    "model_size",
]

_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"

# The end marker is looked for this far from the end: drivers pad their buffers.
_TRAILER_BYTES = 64


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """RGB pixels (H, W, 3) at model resolution, and the size of the image they come from."""

    pixels: Pixels
    source_size: Size


def decode_compressed(
    data: Any,
    format: str,  # noqa: A002 -- the field's name in sensor_msgs/CompressedImage
    expected: Size | None = None,
    out: Pixels | None = None,
    scratch: Scratch | None = None,
) -> DecodedImage:
    """Decode a JPEG or PNG (any object with the buffer protocol).

    What the data starts with decides; the ``format`` of the message only names the error.
    ``out``, flat with room for MAX_IMAGE_BYTES, then holds the pixels. Raises UnknownEncoding,
    CorruptImage, and ResolutionChanged when the image is not of the ``expected`` size.
    """
    scratch = scratch or Scratch()
    start = bytes(memoryview(data)[:8])
    if "compressedDepth" in format:
        raise UnknownEncoding(f"format '{format}' holds depth, not an image")
    if start.startswith(_JPEG_START):
        decode = _decode_with_opencv if simplejpeg is None else _decode_jpeg
        return decode(data, expected, out, scratch)
    if start.startswith(_PNG_START):
        return _decode_with_opencv(data, expected, out, scratch)
    found = f"format '{format}', data starts with {start.hex(' ') or 'nothing'}"
    if any(name in format.lower() for name in ("jpeg", "jpg", "png")):
        raise CorruptImage(found)
    raise UnknownEncoding(found)


def decode_raw(
    data: Any,
    encoding: str,
    width: int,
    height: int,
    step: int,
    is_bigendian: bool = False,
    expected: Size | None = None,
    out: Pixels | None = None,
    scratch: Scratch | None = None,
) -> DecodedImage:
    """Convert the raw image of a sensor_msgs/Image; errors and ``out`` as decode_compressed."""
    check_encoding(encoding)
    image = image_array(data, encoding, width, height, step, is_bigendian)
    return decode_array(image, encoding, expected, out, scratch)


def decode_array(
    image: NDArray[Any],
    encoding: str,
    expected: Size | None = None,
    out: Pixels | None = None,
    scratch: Scratch | None = None,
) -> DecodedImage:
    """Convert an image (H, W[, C]) of one of the raw encodings, as decode_raw does."""
    check_encoding(encoding)
    source = (image.shape[1], image.shape[0])
    target = _target(source, expected, out)
    to_rgb(image, encoding, target, scratch or Scratch())
    return DecodedImage(target, source)


def _decode_jpeg(
    data: Any, expected: Size | None, out: Pixels | None, scratch: Scratch
) -> DecodedImage:
    try:
        high, wide, _, _ = simplejpeg.decode_jpeg_header(data)
        target = _target((wide, high), expected, out)
        factor = power_of_two_reduction((wide, high), (target.shape[1], target.shape[0]))
        small_high, small_wide = -(-high // factor), -(-wide // factor)
        decoded = simplejpeg.decode_jpeg(
            data, "RGB", min_height=small_high, min_width=small_wide,
            buffer=scratch.image("jpeg", (small_high, small_wide, 3)),
        )  # fmt: skip
    except ValueError as error:
        raise CorruptImage(f"JPEG of {len(data)} bytes: {error}") from error
    resize(decoded, target, scratch)
    return DecodedImage(target, (wide, high))


def _decode_with_opencv(
    data: Any, expected: Size | None, out: Pixels | None, scratch: Scratch
) -> DecodedImage:
    encoded = np.frombuffer(data, np.uint8)
    end = encoded[-_TRAILER_BYTES:].tobytes()
    # OpenCV fills what a truncated image lacks with grey, silently
    if _JPEG_END not in end and _PNG_END not in end:
        raise CorruptImage(f"image of {len(encoded)} bytes has no end: truncated")
    try:
        decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise CorruptImage(f"image of {len(encoded)} bytes: {error.err}") from error
    if decoded is None:
        raise CorruptImage(f"image of {len(encoded)} bytes cannot be decoded")
    return decode_array(decoded, "bgr8", expected, out, scratch)


def _target(source: Size, expected: Size | None, out: Pixels | None) -> Pixels:
    """Return the (h, w, 3) image to write to, in ``out`` when there is one."""
    if expected is not None and source != expected:
        raise ResolutionChanged(
            f"{source[0]}x{source[1]} px, its first image had {expected[0]}x{expected[1]}"
        )
    wide, high = model_size(*source)
    if out is None:
        return np.empty((high, wide, 3), np.uint8)
    return out[: high * wide * 3].reshape(high, wide, 3)
