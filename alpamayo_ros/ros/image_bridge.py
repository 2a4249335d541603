# SPDX-License-Identifier: Apache-2.0
"""sensor_msgs/Image to an array: cv_bridge on a ROS installation, else its stand-in."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray
from sensor_msgs.msg import Image

from alpamayo_ros.cameras.errors import CorruptImage
from alpamayo_ros.cameras.raw import check_size, image_array

try:
    from cv_bridge import CvBridge, CvBridgeError

    _bridge = CvBridge()
except ImportError:  # not available outside a ROS installation
    _bridge = None


def image_to_array(message: Image) -> NDArray[Any]:
    """Return the image as (H, W), or (H, W, C) for several channels, in its own encoding.

    Rows come without their padding, elements in the machine's byte order. Raises UnknownEncoding,
    and CorruptImage when the numbers in the message do not agree.
    """
    length, width, height, step = len(message.data), message.width, message.height, message.step
    dtype, channels = check_size(length, message.encoding, width, height, step)
    big = bool(message.is_bigendian)
    # cv_bridge shears rows whose length is no multiple of a pixel's, wants the last one padded, and
    # leaves (numpy 1) or fails to leave (numpy 2) elements in a foreign byte order
    fits = step % (dtype.itemsize * channels) == 0 and length >= step * height
    if _bridge is None or not fits or (big and dtype.itemsize > 1):
        return image_array(message.data, message.encoding, width, height, step, big)
    try:
        array: NDArray[Any] = _bridge.imgmsg_to_cv2(message, desired_encoding="passthrough")
    except (CvBridgeError, TypeError, ValueError) as error:
        raise CorruptImage(f"{message.encoding} image: {error}") from error
    return array
