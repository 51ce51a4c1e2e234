"""Photographs inside PDFs, without what cameras and programs wrote beside the pixels.

The compressed pixels stay byte for byte as they were: only segments (JPEG) and boxes (JPEG 2000)
are left out, so a scanned letter reads as before. Errors: ValueError for what is no such file.
"""

_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length
_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATIONS = range(0xE0, 0xF0)
# How colours are stored is told in these two; all others describe (Exif, XMP, IPTC, profiles…).
_NEEDED_APPLICATIONS = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}
_JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_NEEDED_BOXES = {b"jP  ", b"ftyp", b"jp2h", b"jp2c"}


def bare_jpeg(data: bytes) -> bytes:
    """Nothing after the image's end is kept either: cameras put a second, smaller one there."""
    if data[:2] != bytes((0xFF, _START)):
        raise ValueError("not a JPEG")
    kept = [data[:2]]
    place = 2
    while True:
        place = data.index(b"\xff", place)
        while data[place + 1 : place + 2] == b"\xff":  # fill bytes
            place += 1
        marker = _byte(data, place + 1)
        if marker == _END:
            return b"".join((*kept, data[place : place + 2]))
        end = place + 2
        if marker not in _ALONE:
            end += int.from_bytes(data[end : end + 2], "big")
            if not place + 4 <= end <= len(data):
                raise ValueError("a segment of a JPEG has no end")
        if marker == _SCAN:
            end = _end_of_scan(data, end)
        if _is_needed(marker, data[place + 4 : end]):
            kept.append(data[place:end])
        place = end


def bare_jpeg2000(data: bytes) -> bytes:
    """A codestream without boxes has nothing to leave out but its comment, which stays."""
    if not data.startswith(_JP2_SIGNATURE):
        return data
    kept = []
    place = 0
    while place < len(data):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        if length == 1:
            length = int.from_bytes(data[place + 8 : place + 16], "big")
        end = place + length if length else len(data)
        if not place + 8 <= end <= len(data):
            raise ValueError("a box of a JPEG 2000 file has no end")
        if kind in _NEEDED_BOXES:
            kept.append(data[place:end])
        place = end
    return b"".join(kept)


def _is_needed(marker: int, content: bytes) -> bool:
    if marker in _APPLICATIONS:
        name = _NEEDED_APPLICATIONS.get(marker)
        return name is not None and content.startswith(name)
    return marker != _COMMENT


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the next marker stands: in compressed pixels 0xFF is followed by 0 or a restart."""
    while True:
        place = data.index(b"\xff", place)
        following = _byte(data, place + 1)
        if following != 0 and following not in _ALONE:
            return place
        place += 2


def _byte(data: bytes, place: int) -> int:
    if place >= len(data):
        raise ValueError("a JPEG has no end")
    return data[place]
