# SPDX-License-Identifier: Apache-2.0
"""Raw images as cameras send them: encodings, rows with padding, and the way to RGB."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.cameras.errors import CorruptImage, UnknownEncoding
from alpamayo_ros.cameras.resample import Scratch, resize
from alpamayo_ros.types import Pixels

# Names of sensor_msgs/image_encodings.hpp: element type and channels.
_NAMED_LAYOUTS = {
    "mono8": ("u1", 1), "mono16": ("u2", 1),
    "rgb8": ("u1", 3), "bgr8": ("u1", 3), "rgba8": ("u1", 4), "bgra8": ("u1", 4),
    "rgb16": ("u2", 3), "bgr16": ("u2", 3), "rgba16": ("u2", 4), "bgra16": ("u2", 4),
    "yuv422": ("u1", 2), "uyvy": ("u1", 2), "yuv422_yuy2": ("u1", 2), "yuyv": ("u1", 2),
    **{f"bayer_{order}8": ("u1", 1) for order in ("rggb", "bggr", "gbrg", "grbg")},
    **{f"bayer_{order}16": ("u2", 1) for order in ("rggb", "bggr", "gbrg", "grbg")},
}  # fmt: skip
_GENERIC_LAYOUT = re.compile(r"(8|16|32|64)([USF])C([1-4])?")


def layout(encoding: str) -> tuple[np.dtype[Any], int]:
    """Element type (little endian) and channels of an encoding; raises UnknownEncoding."""
    if encoding in _NAMED_LAYOUTS:
        code, channels = _NAMED_LAYOUTS[encoding]
        return np.dtype(code).newbyteorder("<"), channels
    if match := _GENERIC_LAYOUT.fullmatch(encoding):
        bits, kind, count = match.groups()
        code = {"U": "u", "S": "i", "F": "f"}[kind] + str(int(bits) // 8)
        if code in ("u1", "i1", "u2", "i2", "i4", "f4", "f8"):
            return np.dtype(code).newbyteorder("<"), int(count or 1)
    raise UnknownEncoding(f"encoding '{encoding}'")


def check_size(
    length: int, encoding: str, width: int, height: int, step: int
) -> tuple[np.dtype[Any], int]:
    """Return the layout when the numbers of a raw image agree; raises CorruptImage when not."""
    dtype, channels = layout(encoding)
    least = width * channels * dtype.itemsize
    if width < 1 or height < 1 or step < least or length < step * (height - 1) + least:
        raise CorruptImage(
            f"{length} bytes for a {encoding} image of {width}x{height} px in rows of {step} bytes"
        )
    return dtype, channels


def image_array(
    data: Any, encoding: str, width: int, height: int, step: int, is_bigendian: bool = False
) -> NDArray[Any]:
    """View raw data as (H, W), or (H, W, C) for several channels, without the rows' padding.

    Elements wider than a byte come in the machine's byte order. Raises UnknownEncoding, and
    CorruptImage when the numbers do not agree.
    """
    dtype, channels = check_size(len(data), encoding, width, height, step)
    if is_bigendian:
        dtype = dtype.newbyteorder(">")
    shape, strides = (height, width), (step, channels * dtype.itemsize)
    if channels > 1:
        shape, strides = (*shape, channels), (*strides, dtype.itemsize)  # type: ignore[assignment]
    image: NDArray[Any] = np.ndarray(shape, dtype, buffer=data, strides=strides)
    if dtype.itemsize > 1 and is_bigendian == (sys.byteorder == "little"):
        return image.astype(dtype.newbyteorder("="))
    return image


@dataclass(frozen=True, slots=True)
class _ToRgb:
    """OpenCV's conversion of an encoding, before the resize (full size) or after it (cheaper)."""

    code: int
    before_resize: bool = False


_CONVERSIONS: dict[str, _ToRgb | None] = {
    "rgb8": None,
    "bgr8": _ToRgb(cv2.COLOR_BGR2RGB),
    "rgba8": _ToRgb(cv2.COLOR_RGBA2RGB),
    "bgra8": _ToRgb(cv2.COLOR_BGRA2RGB),
    "mono8": _ToRgb(cv2.COLOR_GRAY2RGB),
    "yuv422": _ToRgb(cv2.COLOR_YUV2RGB_UYVY, before_resize=True),
    "uyvy": _ToRgb(cv2.COLOR_YUV2RGB_UYVY, before_resize=True),
    "yuv422_yuy2": _ToRgb(cv2.COLOR_YUV2RGB_YUY2, before_resize=True),
    "yuyv": _ToRgb(cv2.COLOR_YUV2RGB_YUY2, before_resize=True),
    # OpenCV names a Bayer pattern by its second row and column
    "bayer_rggb8": _ToRgb(cv2.COLOR_BayerBG2RGB, before_resize=True),
    "bayer_bggr8": _ToRgb(cv2.COLOR_BayerRG2RGB, before_resize=True),
    "bayer_gbrg8": _ToRgb(cv2.COLOR_BayerGR2RGB, before_resize=True),
    "bayer_grbg8": _ToRgb(cv2.COLOR_BayerGB2RGB, before_resize=True),
}
RAW_ENCODINGS = tuple(_CONVERSIONS)


def check_encoding(encoding: str) -> None:
    """Raise UnknownEncoding for an encoding that cannot become RGB."""
    if encoding not in _CONVERSIONS:
        raise UnknownEncoding(f"encoding '{encoding}' is none of {', '.join(RAW_ENCODINGS)}")


def to_rgb(image: Pixels, encoding: str, target: Pixels, scratch: Scratch) -> None:
    """Scale and convert an image of one of RAW_ENCODINGS into ``target`` (h, w, 3)."""
    check_encoding(encoding)
    conversion = _CONVERSIONS[encoding]
    if conversion is None:
        resize(image, target, scratch)
    elif conversion.before_resize:
        full = scratch.image("full", (*image.shape[:2], 3))
        resize(_convert(image, conversion.code, full), target, scratch)
    else:
        small = scratch.image("small", (*target.shape[:2], *image.shape[2:]))
        resize(image, small, scratch)
        _convert(small, conversion.code, target)


def _convert(image: Pixels, code: int, into: Pixels) -> Pixels:
    try:
        cv2.cvtColor(image, code, dst=into)
    except cv2.error as error:
        raise CorruptImage(f"image of {image.shape[1]}x{image.shape[0]} px: {error.err}") from error
    return into
