# SPDX-License-Identifier: Apache-2.0
"""Every encoding comes out as the same RGB at model size; everything damaged is named."""

import array
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.cameras import decode
from alpamayo_ros.cameras.decode import (
    MAX_IMAGE_BYTES,
    MAX_PIXELS,
    MIN_PIXELS,
    CorruptImage,
    DecodeError,
    ResolutionChanged,
    Scratch,
    UnknownEncoding,
    decode_compressed,
    decode_raw,
    model_size,
)

COLOURS = {"red": (220, 30, 40), "green": (20, 200, 60), "blue": (30, 40, 210), "grey": (128,) * 3}


def street(width, height, seed=0):
    """A picture with shading, edges and mild texture, RGB."""
    generator = np.random.default_rng(seed)
    image = cv2.resize(
        generator.integers(30, 225, (5, 8, 3), dtype=np.uint8), (width, height),
        interpolation=cv2.INTER_CUBIC,
    )  # fmt: skip
    for _ in range(30):
        x, y = int(generator.integers(width)), int(generator.integers(height))
        colour = tuple(int(c) for c in generator.integers(0, 255, 3))
        cv2.rectangle(image, (x, y), (x + width // 9, y + height // 7), colour, -1)
    return image


def jpeg(image, quality=90):
    return cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def psnr(left, right):
    error = np.mean((left.astype(float) - right) ** 2)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def antialiased_bicubic(image, width, height):
    """The resize of the released image processors (kernel a = -0.5, stretched by the scale)."""

    def weights(source, target):
        scale = source / target
        matrix = np.zeros((target, source))
        for row in range(target):
            x = np.abs((np.arange(source) + 0.5 - (row + 0.5) * scale) / max(scale, 1.0))
            near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
            kernel = np.where(x < 1, near, np.where(x < 2, far, 0.0))
            matrix[row] = kernel / kernel.sum()
        return matrix

    down, across = weights(image.shape[0], height), weights(image.shape[1], width)
    scaled = np.einsum("ih,hwc,jw->ijc", down, image.astype(float), across, optimize=True)
    return np.clip(scaled, 0, 255)


# -- the size


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ((1920, 1080), (576, 320)),
        ((960, 540), (576, 320)),
        ((3840, 2160), (576, 320)),
        ((1280, 960), (512, 384)),
        ((1920, 1208), (544, 320)),
        ((640, 480), (512, 384)),
        ((320, 240), (480, 352)),
    ],
)
def test_model_size_of_usual_cameras(source, expected):
    assert model_size(*source) == expected


@given(st.integers(16, 3900), st.floats(1 / 4, 4))
def test_model_size_keeps_aspect_and_bounds(width, aspect):
    height = max(16, round(width / aspect))
    if not 1 / 4 <= width / height <= 4:
        return
    wide, high = model_size(width, height)
    assert wide % 32 == high % 32 == 0
    assert MIN_PIXELS <= wide * high <= MAX_PIXELS or wide * high >= 0.75 * MIN_PIXELS
    assert wide * high <= MAX_PIXELS
    assert 0.7 < (wide / high) / (width / height) < 1.4


@pytest.mark.parametrize("size", [(0, 1080), (1920, 0), (100_000, 100_000), (20_000, 40)])
def test_sizes_without_a_model_size_are_corrupt(size):
    with pytest.raises(CorruptImage, match=f"{size[0]}x{size[1]}"):
        model_size(*size)


# -- compressed


@pytest.mark.parametrize("size", [(1920, 1080), (1923, 1081), (960, 540), (640, 480), (400, 300)])
@pytest.mark.parametrize("encode", [jpeg, png])
def test_compressed_images_match_the_resize_of_the_model(size, encode):
    image = street(*size)
    decoded = decode_compressed(encode(image), "jpeg")
    wide, high = model_size(*size)
    assert decoded.source_size == size
    assert decoded.pixels.shape == (high, wide, 3)
    assert psnr(decoded.pixels, antialiased_bicubic(image, wide, high)) > 30


def test_scaling_in_the_decoder_is_as_good_as_averaging_the_whole_image():
    image = street(1920, 1080)
    data = jpeg(image)
    reference = antialiased_bicubic(image, 576, 320)
    whole = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    averaged = cv2.resize(whole, (576, 320), interpolation=cv2.INTER_AREA)
    ours = decode_compressed(data, "jpeg").pixels
    assert psnr(ours, reference) > psnr(averaged, reference) - 1.0


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("encode", [jpeg, png])
def test_compressed_colours_come_out_as_rgb(colour, encode):
    image = np.full((540, 960, 3), COLOURS[colour], np.uint8)
    pixels = decode_compressed(encode(image), "rgb8; jpeg compressed bgr8").pixels
    assert np.abs(pixels.astype(int) - COLOURS[colour]).max() <= 4


def test_a_grey_jpeg_becomes_rgb():
    data = cv2.imencode(".jpg", np.full((540, 960), 77, np.uint8))[1].tobytes()
    assert np.abs(decode_compressed(data, "jpeg").pixels.astype(int) - 77).max() <= 2


def test_message_data_is_taken_as_it_comes():
    data = array.array("B", jpeg(street(960, 540)))
    assert decode_compressed(data, "jpeg").source_size == (960, 540)


@pytest.mark.parametrize("encode", [jpeg, png])
def test_pixels_go_into_the_callers_buffer_and_nothing_beyond(encode):
    data = encode(street(960, 540))
    out = np.full(MAX_IMAGE_BYTES, 99, np.uint8)
    scratch = Scratch()
    for _ in range(2):
        decoded = decode_compressed(data, "", (960, 540), out, scratch)
    assert np.shares_memory(decoded.pixels, out)
    assert np.array_equal(decoded.pixels.ravel(), out[: 576 * 320 * 3])
    assert (out[576 * 320 * 3 :] == 99).all()
    assert np.array_equal(decoded.pixels, decode_compressed(data, "").pixels)


@pytest.mark.parametrize("encode", [jpeg, png])
@pytest.mark.parametrize("keep", [0.02, 0.3, 0.7, 0.999])
def test_truncated_images_are_corrupt(encode, keep):
    data = encode(street(960, 540))
    with pytest.raises(CorruptImage):
        decode_compressed(data[: int(len(data) * keep)], "jpeg")


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.7, 0.999])
def test_truncated_jpegs_are_corrupt_without_simplejpeg_too(monkeypatch, keep):
    monkeypatch.setattr(decode, "simplejpeg", None)
    data = jpeg(street(960, 540))
    assert decode_compressed(data + bytes(20), "jpeg").source_size == (960, 540)
    with pytest.raises(CorruptImage):
        decode_compressed(data[: int(len(data) * keep)], "jpeg")


@pytest.mark.parametrize(
    ("data", "image_format", "error"),
    [
        (b"", "jpeg", CorruptImage),
        (b"not an image", "jpeg", CorruptImage),
        (b"not an image", "png", CorruptImage),
        (b"\x00\x00\x01\x67", "h264", UnknownEncoding),
        (b"", "", UnknownEncoding),
        (b"0123456789ab\x89PNG", "16UC1; compressedDepth png", UnknownEncoding),
    ],
)
def test_what_is_no_image_is_named(data, image_format, error):
    with pytest.raises(error, match=f"format '{image_format}'"):
        decode_compressed(data, image_format)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"]))
def test_any_bytes_raise_only_named_errors(data, start):
    with pytest.raises(DecodeError):
        decode_compressed(start + data, "jpeg")


@pytest.mark.parametrize("encode", [jpeg, png])
def test_another_resolution_is_named_with_both_sizes(encode):
    with pytest.raises(ResolutionChanged, match="640x480 px, its first image had 960x540"):
        decode_compressed(encode(street(640, 480)), "jpeg", expected=(960, 540))


def test_reasons_are_what_is_counted():
    assert [e.reason for e in (CorruptImage, UnknownEncoding, ResolutionChanged)] == [
        "corrupt_image",
        "unknown_encoding",
        "other_resolution",
    ]


# -- raw


def raw(colour, encoding, width=960, height=540, padding=0):
    """An image of one colour in an encoding, written by hand; returns its bytes and step."""
    r, g, b = colour
    luma = round(16 + 0.257 * r + 0.504 * g + 0.098 * b)
    u, v = (
        round(128 - 0.148 * r - 0.291 * g + 0.439 * b),
        round(128 + 0.439 * r - 0.368 * g - 0.071 * b),
    )
    cells = {
        "rgb8": [[r, g, b]],
        "bgr8": [[b, g, r]],
        "rgba8": [[r, g, b, 9]],
        "bgra8": [[b, g, r, 9]],
        "mono8": [[r]],
        "yuv422": [[u, luma, v, luma]],
        "uyvy": [[u, luma, v, luma]],
        "yuv422_yuy2": [[luma, u, luma, v]],
        "yuyv": [[luma, u, luma, v]],
        "bayer_rggb8": [[r, g], [g, b]],
        "bayer_bggr8": [[b, g], [g, r]],
        "bayer_gbrg8": [[g, b], [r, g]],
        "bayer_grbg8": [[g, r], [b, g]],
    }[encoding]
    per_cell = 2 if encoding.startswith(("yuv", "uyvy", "yuyv", "bayer")) else 1
    row_cells = [cells[0], cells[-1]]
    rows = [bytes(cell * (width // per_cell) + [0xEE] * padding) for cell in row_cells]
    return b"".join(rows[y % 2] for y in range(height)), len(rows[0])


RAW = [
    "rgb8", "bgr8", "rgba8", "bgra8", "yuv422", "uyvy", "yuv422_yuy2", "yuyv",
    "bayer_rggb8", "bayer_bggr8", "bayer_gbrg8", "bayer_grbg8",
]  # fmt: skip


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("encoding", RAW)
@pytest.mark.parametrize("padding", [0, 52])
def test_raw_colours_come_out_as_rgb(colour, encoding, padding):
    data, step = raw(COLOURS[colour], encoding, padding=padding)
    pixels = decode_raw(data, encoding, 960, 540, step).pixels
    assert pixels.shape == (320, 576, 3)
    assert np.abs(pixels.astype(int) - COLOURS[colour]).max() <= 4


def test_mono_becomes_grey():
    data, step = raw((90, 0, 0), "mono8", padding=3)
    assert (decode_raw(data, "mono8", 960, 540, step).pixels == 90).all()


def test_raw_and_compressed_agree():
    image = street(1920, 1080)
    raw_pixels = decode_raw(image.tobytes(), "rgb8", 1920, 1080, 1920 * 3).pixels
    assert np.array_equal(raw_pixels, decode_compressed(png(image), "png").pixels)
    assert psnr(raw_pixels, antialiased_bicubic(image, 576, 320)) > 40


@pytest.mark.parametrize(
    ("change", "numbers"),
    [
        ({"step": 2879}, "rows of 2879"),
        ({"height": 541}, "960x541"),
        ({"width": 0}, "0x540"),
        ({"height": 0}, "960x0"),
        ({"data": b""}, "0 bytes"),
        ({"width": 961}, "961x540"),
    ],
)
def test_raw_images_whose_numbers_disagree_are_corrupt(change, numbers):
    data, step = raw((1, 2, 3), "rgb8")
    image = {"data": data, "encoding": "rgb8", "width": 960, "height": 540, "step": step}
    with pytest.raises(CorruptImage, match=numbers):
        decode_raw(**{**image, **change})


@pytest.mark.parametrize("encoding", ["16UC1", "32FC1", "nv12", "", "rgb16"])
def test_encodings_that_are_no_colour_image_are_named(encoding):
    with pytest.raises(UnknownEncoding, match=f"encoding '{encoding}'"):
        decode_raw(bytes(4 * 960 * 540), encoding, 960, 540, 4 * 960)


def test_another_raw_resolution_is_named():
    data, step = raw((1, 2, 3), "rgb8")
    with pytest.raises(ResolutionChanged, match="960x540 px, its first image had 1920x1080"):
        decode_raw(data, "rgb8", 960, 540, step, expected=(1920, 1080))
