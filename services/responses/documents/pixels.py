"""Convert images of any depth to eight bits per channel, which every browser shows.

Scanners and photo editors write sixteen bits. Pillow clips them when it converts: all but the
darkest 255 of 65,536 greys turn white, and a transparent colour given in 2, 4 or 16 bits no longer
matches the pixels. Other PNG decoders keep the high byte, as this module does.
"""

from PIL import Image, ImageChops

_GREY_STEPS = {"L;2": 85, "L;4": 17}  # the eight-bit value of one grey level


def eight_bits(image: Image.Image, stored_as: str | None = None) -> Image.Image:
    """`image` in mode RGB, or RGBA if it has transparency.

    `stored_as`: Pillow's raw mode of the file, which the image's mode does not show."""
    transparent = image.info.get("transparency")
    if image.mode.startswith("I;16"):
        return _from_grey_16(image, transparent)
    if image.mode in ("I", "F"):
        grey = image.convert("F").point(lambda value: value / 256)
        return grey.convert("L").convert("RGB")
    if transparent is not None and image.mode in ("L", "RGB"):
        image = image.copy()
        image.info["transparency"] = _eight_bit_colour(transparent, stored_as or "")
    clear = "A" in image.getbands() or "a" in image.mode or transparent is not None
    return image.convert("RGBA" if clear else "RGB")


def _from_grey_16(image: Image.Image, transparent: int | None) -> Image.Image:
    data = image.tobytes()
    low, high = (data[1::2], data[::2]) if image.mode == "I;16B" else (data[::2], data[1::2])
    grey = Image.frombytes("L", image.size, high)
    if transparent is None:
        return grey.convert("RGB")
    differs = ImageChops.lighter(
        grey.point([0 if value == transparent >> 8 else 255 for value in range(256)]),
        Image.frombytes("L", image.size, low).point(
            [0 if value == transparent & 255 else 255 for value in range(256)]
        ),
    )
    return Image.merge("RGBA", (grey, grey, grey, differs))


def _eight_bit_colour(colour: int | tuple[int, ...], stored_as: str) -> int | tuple[int, ...]:
    if isinstance(colour, int):
        return min(255, colour * _GREY_STEPS.get(stored_as, 1))
    return tuple(part >> 8 for part in colour) if ";16" in stored_as else colour
