# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/Image to an array: the same whether cv_bridge does it or its stand-in."""

import array

import numpy as np
import pytest
from sensor_msgs.msg import Image

from alpamayo_ros.cameras.errors import CorruptImage, UnknownEncoding
from alpamayo_ros.ros import image_bridge
from alpamayo_ros.ros.image_bridge import image_to_array


@pytest.fixture(params=["as installed", "stand-in"])
def bridge(request, monkeypatch):
    if request.param == "stand-in":
        monkeypatch.setattr(image_bridge, "_bridge", None)


def message(pixels, encoding, padding=0, is_bigendian=False):
    """An Image whose rows are padded with 0xEE."""
    height, width = pixels.shape[:2]
    rows = pixels.astype(pixels.dtype.newbyteorder(">" if is_bigendian else "<"))
    rows = rows.reshape(height, -1).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xEE)
    image = Image(height=height, width=width, encoding=encoding, step=rows.shape[1])
    image.is_bigendian = int(is_bigendian)
    image.data = array.array("B", rows.tobytes())
    return image


@pytest.mark.parametrize("padding", [0, 6, 12, 13])
@pytest.mark.parametrize(
    ("encoding", "shape", "dtype"),
    [
        ("mono8", (4, 6), np.uint8),
        ("8UC1", (4, 6), np.uint8),
        ("bayer_rggb8", (4, 6), np.uint8),
        ("rgb8", (4, 6, 3), np.uint8),
        ("bgr8", (4, 6, 3), np.uint8),
        ("8UC3", (4, 6, 3), np.uint8),
        ("rgba8", (4, 6, 4), np.uint8),
        ("bgra8", (4, 6, 4), np.uint8),
        ("yuv422", (4, 6, 2), np.uint8),
        ("yuv422_yuy2", (4, 6, 2), np.uint8),
    ],
)
def test_pixels_come_without_padding_in_their_own_encoding(bridge, encoding, shape, dtype, padding):
    pixels = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
    found = image_to_array(message(pixels, encoding, padding))
    assert found.dtype == dtype
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize("encoding", ["mono16", "16UC1"])
@pytest.mark.parametrize("is_bigendian", [False, True])
def test_wide_elements_come_in_the_machines_byte_order(encoding, is_bigendian):
    pixels = np.arange(24, dtype=np.uint16).reshape(4, 6) * 771
    found = image_to_array(message(pixels, encoding, 8, is_bigendian))
    assert found.dtype.isnative
    assert np.array_equal(found, pixels)


@pytest.mark.parametrize(
    "change", [{"step": 17}, {"height": 5}, {"width": 0}, {"height": 0}, {"width": 7}]
)
def test_numbers_that_disagree_are_a_corrupt_image(bridge, change):
    image = message(np.zeros((4, 6, 3), np.uint8), "rgb8")
    for name, value in change.items():
        setattr(image, name, value)
    with pytest.raises(CorruptImage, match=f"{image.width}x{image.height} px in rows of"):
        image_to_array(image)


def test_an_unknown_encoding_is_named(bridge):
    with pytest.raises(UnknownEncoding, match="'h264'"):
        image_to_array(message(np.zeros((4, 6), np.uint8), "h264"))
