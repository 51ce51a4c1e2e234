"""Strip the metadata of photographs inside PDFs.

The compressed pixels stay the same byte for byte: only segments (JPEG) and boxes (JPEG 2000) are
removed, so a scanned letter stays as legible as before. A malformed file raises ValueError.
"""

_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}  # markers without a length field
_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_APPLICATIONS = range(0xE0, 0xF0)
# These two define the colour encoding; the others are metadata (Exif, XMP, IPTC, profiles…).
_NEEDED_APPLICATIONS = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}
_JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_NEEDED_BOXES = {b"jP  ", b"ftyp", b"jp2h", b"jp2c"}


def strip_jpeg(data: bytes) -> bytes:
    """Also drops everything after the end of the image, where cameras put a smaller one."""
    if data[:2] != bytes((0xFF, _START)):
        raise ValueError("not a JPEG")
    parts = [data[:2]]
    offset = 2
    while True:
        offset = data.index(b"\xff", offset)
        while data[offset + 1 : offset + 2] == b"\xff":  # fill bytes
            offset += 1
        marker = _byte(data, offset + 1)
        if marker == _END:
            return b"".join((*parts, data[offset : offset + 2]))
        end = offset + 2
        if marker not in _WITHOUT_LENGTH:
            end += int.from_bytes(data[end : end + 2], "big")
            if not offset + 4 <= end <= len(data):
                raise ValueError("a segment of a JPEG has no end")
        if marker == _SCAN:
            end = _end_of_scan(data, end)
        if _is_needed(marker, data[offset + 4 : end]):
            parts.append(data[offset:end])
        offset = end


def strip_jpeg2000(data: bytes) -> bytes:
    """A codestream without boxes has no metadata but its comment, which stays."""
    if not data.startswith(_JP2_SIGNATURE):
        return data
    parts = []
    offset = 0
    while offset < len(data):
        length, kind = (
            int.from_bytes(data[offset : offset + 4], "big"),
            data[offset + 4 : offset + 8],
        )
        if length == 1:
            length = int.from_bytes(data[offset + 8 : offset + 16], "big")
        end = offset + length if length else len(data)
        if not offset + 8 <= end <= len(data):
            raise ValueError("a box of a JPEG 2000 file has no end")
        if kind in _NEEDED_BOXES:
            parts.append(data[offset:end])
        offset = end
    return b"".join(parts)


def _is_needed(marker: int, content: bytes) -> bool:
    if marker in _APPLICATIONS:
        name = _NEEDED_APPLICATIONS.get(marker)
        return name is not None and content.startswith(name)
    return marker != _COMMENT


def _end_of_scan(data: bytes, offset: int) -> int:
    """The offset of the next marker: in compressed pixels 0 or a restart follows 0xFF."""
    while True:
        offset = data.index(b"\xff", offset)
        following = _byte(data, offset + 1)
        if following != 0 and following not in _WITHOUT_LENGTH:
            return offset
        offset += 2


def _byte(data: bytes, offset: int) -> int:
    if offset >= len(data):
        raise ValueError("a JPEG has no end")
    return data[offset]
