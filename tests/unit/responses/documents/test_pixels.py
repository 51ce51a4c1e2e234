"""An image of any depth shows the same picture after cleaning."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.responses.documents.cleaning import clean_in_process

CASE = Path(__file__).parents[3] / "cases/37-scan-in-16-bits/grey-ramp-16-bit.png"
GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6


def png(depth: int, kind: int, width: int, row: bytes, **chunks: bytes) -> bytes:
    """A PNG of one row; `chunks` go before its pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, 1, depth, kind, 0, 0, 0)
    between = b"".join(chunk(name.encode(), data) for name, data in chunks.items())
    pixels = chunk(b"IDAT", zlib.compress(b"\0" + row))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + between + pixels + chunk(b"IEND", b"")


def big_endian(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def clean_image(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(clean_in_process(content, "image/png").content))


def test_a_scan_in_sixteen_bits_shows_its_greys() -> None:
    content = CASE.read_bytes()
    with Image.open(io.BytesIO(content)) as scan:
        greys = scan.tobytes()[1::2]  # the high bytes
        assert len(set(greys)) > 100
    assert clean_image(content).convert("L").tobytes() == greys


HALF = [0x8000] * 3
RED, SEE_THROUGH = (255, 0, 0, 255), (128, 128, 128, 0)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (png(1, GREY, 2, b"\x40"), [(0,) * 3, (255,) * 3]),
        (png(2, GREY, 4, b"\x1b"), [(0,) * 3, (85,) * 3, (170,) * 3, (255,) * 3]),
        (png(2, GREY, 2, b"\x70", tRNS=big_endian(3)), [(85, 85, 85, 255), (255, 255, 255, 0)]),
        (png(4, GREY, 2, b"\x0f", tRNS=big_endian(15)), [(0, 0, 0, 255), (255, 255, 255, 0)]),
        (png(8, GREY, 2, b"\x00\x80", tRNS=big_endian(128)), [(0, 0, 0, 255), SEE_THROUGH]),
        (png(16, GREY, 2, big_endian(256, 0x80FF)), [(1, 1, 1), (128, 128, 128)]),
        (
            png(16, GREY, 3, big_endian(256, 0x80FF, 0x8000), tRNS=big_endian(0x80FF)),
            [(1, 1, 1, 255), SEE_THROUGH, (128, 128, 128, 255)],
        ),
        (png(16, GREY_ALPHA, 1, big_endian(0x8000, 0x8000)), [(128, 128, 128, 128)]),
        (png(16, COLOUR, 1, big_endian(65535, 256, 0x8000)), [(255, 1, 128)]),
        (
            png(16, COLOUR, 2, big_endian(65535, 0, 0, *HALF), tRNS=big_endian(*HALF)),
            [RED, SEE_THROUGH],
        ),
        (png(16, COLOUR_ALPHA, 1, big_endian(0x8000, 65535, 0, 0x8000)), [(128, 255, 0, 128)]),
        (png(1, PALETTE, 2, b"\x40", PLTE=bytes([0, 0, 0, 255, 0, 0])), [(0,) * 3, RED[:3]]),
        (
            png(2, PALETTE, 2, b"\x10", PLTE=bytes([9, 9, 9, 255, 0, 0]), tRNS=b"\x80"),
            [(9, 9, 9, 128), RED],
        ),
    ],
)
def test_a_png_of_any_depth_shows_the_same_pixels(content: bytes, expected: list[Any]) -> None:
    assert list(clean_image(content).get_flattened_data()) == expected


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [("L", 100, (100, 100, 100)), ("CMYK", (0, 200, 200, 50), (205, 44, 44))],
)
def test_a_jpeg_in_grey_or_in_printing_inks_shows_the_same_colour(
    mode: str, colour: Any, expected: tuple[int, int, int]
) -> None:
    out = io.BytesIO()
    Image.new(mode, (16, 16), colour).save(out, "JPEG", quality=95)
    pixel = clean_image(out.getvalue()).getpixel((8, 8))
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) < 6 for a, b in zip(pixel, expected, strict=True))


def test_a_scan_in_sixteen_bits_is_turned_upright() -> None:
    scan = Image.frombytes("I;16", (2, 1), struct.pack("<2H", 0, 0x8000))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    out = io.BytesIO()
    scan.save(out, "PNG", exif=exif)
    assert list(clean_image(out.getvalue()).get_flattened_data()) == [(128,) * 3, (0,) * 3]
