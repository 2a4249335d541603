# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with an image or with where it lies; named, with the numbers."""

from __future__ import annotations

from alpamayo_ros.types import StackError


class DecodeError(StackError):
    """An image that cannot be used; ``reason`` is what it is counted under."""

    reason = "decode_error"


class CorruptImage(DecodeError):
    """Data that is truncated, damaged or does not have the size it claims."""

    reason = "corrupt_image"


class UnknownEncoding(DecodeError):
    """An image format or pixel encoding the stack does not know."""

    reason = "unknown_encoding"


class ResolutionChanged(DecodeError):
    """An image of another size than the camera's first one."""

    reason = "other_resolution"
