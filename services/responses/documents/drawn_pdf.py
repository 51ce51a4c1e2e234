"""Redraw a PDF: build a new file from the objects that its pages need to be drawn.

An allow list decides: an object is copied only if a page needs it, whether it is a direct or an
indirect one. So scripts, actions, embedded files, metadata and earlier revisions are left out under
any name. Strings are copied where fonts and colour spaces need one; the text of a page is in its
content stream. Form fields are flattened to their appearance; links, annotations and media are not
copied.
"""

import io
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PdfReadError
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    EncodedStreamObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from services.responses.documents import pdf_objects
from services.responses.documents.embedded_images import strip_jpeg, strip_jpeg2000


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PAGE = _names("/ArtBox /BleedBox /CropBox /Group /MediaBox /Resources /Rotate /TrimBox /UserUnit")
_RESOURCES = frozenset(
    ("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties")
)
# Dictionaries whose keys the file chooses: names of fonts, glyphs and inks.
_OF_NAMES = frozenset(f"/Resources{key}" for key in _RESOURCES) | {"/CharProcs", "/Colorants"}
_NAMED = "*"  # any key of such a dictionary
# Keys under which a stream is needed for drawing.
_STREAMS = _names(
    f"{_NAMED} /Alternate /BG /BG2 /Base /CIDSet /CIDToGIDMap /CS /ColorSpace /Contents"
    " /DecodeParms /Encoding /FontFile /FontFile2 /FontFile3 /Function /Functions /G /HT"
    " /JBIG2Globals /Mask /SMask /Shading /SpotFunction /TR /TR2 /ToUnicode"
    " /TransferFunction /UCR /UCR2 /UseCMap"
)
# Keys below a page that are never needed for drawing.
_UNDRAWN = _names(
    "/A /AA /AF /Alternates /Annots /Author /B /CreationDate /Creator /CreatorInfo /DPart /Dests"
    " /EF /EmbeddedFiles /ID /IRT /JS /JavaScript /Keywords /Kids /LastModified /Launch /Measure"
    " /Metadata /ModDate /NM /Names /OPI /OpenAction /Outlines /Parent /PieceInfo /Popup /Producer"
    " /PtData /RC /RF /Ref /RichMediaContent /RichMediaSettings /StructParent /StructParents"
    " /Subject /Thumb /Title /URI /Usage /VP"
)
_FOREIGN_TYPES = _names(
    "/Action /Annot /Catalog /EmbeddedFile /Filespec /F /Metadata /Outlines /Page /Pages"
    " /StructElem /StructTreeRoot"
)
_FOREIGN_SUBTYPES = frozenset(("/XML", "/PS"))
# Keys whose string value is needed for drawing.
_TEXTS = frozenset(("/Registry", "/Ordering", "/CharSet", "/Panose"))
# Keys on which it depends which parts of an object are copied.
_CONTEXTS = _OF_NAMES | _TEXTS | {"/Resources"}
_INDEXED = frozenset(("/Indexed", "/I"))
_STRIP = {"/DCTDecode": strip_jpeg, "/DCT": strip_jpeg, "/JPXDecode": strip_jpeg2000}
_HIDDEN, _NOT_SHOWN = 1 << 1, 1 << 5  # annotation flags


def redraw(reader: PdfReader) -> bytes:
    """The redrawn file. Raises the errors of pypdf for a malformed file."""
    writer = PdfWriter()
    copy = _Copy(writer)
    for page in reader.pages:
        copied_page = writer.add_blank_page(1, 1)
        for name in _PAGE & set(page):
            copied_page[NameObject(name)] = copy.value(page.raw_get(name), name)
        copied_page[NameObject("/Contents")] = _contents(page, copied_page, copy)
    layers = copy.layers(_resolved(reader.trailer["/Root"]))
    if layers is not None:
        pdf_objects.catalog(writer)[NameObject("/OCProperties")] = layers
    writer.metadata = None
    # pypdf would write unreferenced objects too.
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class _Copy:
    def __init__(self, writer: PdfWriter) -> None:
        self.writer = writer
        self._copies: dict[tuple[int, int, str | bool], IndirectObject] = {}

    def value(self, value: Any, name: str = "") -> PdfObject:
        """A copy of the value of key `name`; null where drawing does not need it."""
        if isinstance(value, IndirectObject):
            target = value.get_object()
            drawn_from = isinstance(target, StreamObject | ArrayObject) and name in _STREAMS
            context = name if name in _CONTEXTS else drawn_from
            key = (value.idnum, value.generation, context)
            if key not in self._copies:
                # The reference first, so that a cycle ends at it.
                self._copies[key] = pdf_objects.reserve(self.writer)
                copied = self._direct(target, name)
                pdf_objects.fill(self.writer, self._copies[key], copied)
            return self._copies[key]
        return self._direct(value, name)

    def stream(self, data: bytes) -> IndirectObject:
        stream = DecodedStreamObject()
        stream.set_data(data)
        return pdf_objects.add(self.writer, stream)

    def layers(self, catalog: Any) -> DictionaryObject | None:
        """Hidden layers stay hidden."""
        properties = _resolved(catalog.get("/OCProperties"))
        default = (
            _resolved(properties.get("/D")) if isinstance(properties, DictionaryObject) else None
        )
        if not isinstance(default, DictionaryObject):
            return None
        visibility = DictionaryObject()
        for name in {"/BaseState", "/ON", "/OFF"} & set(default):
            visibility[NameObject(name)] = self.value(default.raw_get(name))
        layers = self.value(properties.get("/OCGs", ArrayObject()))
        return DictionaryObject({NameObject("/OCGs"): layers, NameObject("/D"): visibility})

    def _direct(self, value: Any, name: str) -> PdfObject:
        match value:
            case StreamObject():
                return self._stream(value, name)
            case DictionaryObject():
                return self._dictionary(value, name)
            case ArrayObject():
                indexed = bool(value) and _is_one_of(value[0], _INDEXED)
                return ArrayObject(
                    self._text(_resolved(each))
                    if indexed and index == 3
                    else self.value(each, name)
                    for index, each in enumerate(value)
                )
            case TextStringObject() | ByteStringObject():
                return self._text(value) if name in _TEXTS else NullObject()
            case NameObject():
                return NameObject(value)
            case BooleanObject():
                return BooleanObject(value.value)
            case FloatObject():
                return FloatObject(value)
            case NumberObject():
                return NumberObject(value)
            case _:
                return NullObject()

    def _text(self, value: Any) -> PdfObject:
        if isinstance(value, TextStringObject):
            return ByteStringObject(value.original_bytes)
        return ByteStringObject(value) if isinstance(value, ByteStringObject) else self.value(value)

    def _dictionary(self, value: DictionaryObject, name: str) -> PdfObject:
        if _is_foreign(value):
            return NullObject()
        copied_dictionary = DictionaryObject()
        for key in value:
            if _is_copied(name, key):
                copied = self.value(value.raw_get(key), _child(name, key))
                if not isinstance(copied, NullObject):
                    copied_dictionary[NameObject(key)] = copied
        if value.get("/Type") == "/OCG":
            copied_dictionary[NameObject("/Name")] = TextStringObject("")
        return copied_dictionary

    def _stream(self, value: StreamObject, name: str) -> PdfObject:
        head = self._dictionary(value, name)
        # An external file, or not needed for drawing.
        if not isinstance(head, DictionaryObject) or "/F" in value or name not in _STREAMS:
            return NullObject()
        copied: StreamObject = (
            EncodedStreamObject() if "/Filter" in value else DecodedStreamObject()
        )
        pdf_objects.set_encoded(copied, pdf_objects.encoded(value))
        copied.update({key: head.raw_get(key) for key in head if key != "/Length"})
        _strip_image(copied)
        return copied


def _is_copied(name: str, key: str) -> bool:
    if name == "/Resources":
        return key in _RESOURCES
    return name in _OF_NAMES or key not in _UNDRAWN


def _child(name: str, key: str) -> str:
    if name in _OF_NAMES:
        return _NAMED
    return f"/Resources{key}" if name == "/Resources" else key


def _is_foreign(value: DictionaryObject) -> bool:
    return (
        _is_one_of(value.get("/Type"), _FOREIGN_TYPES)
        or _is_one_of(value.get("/Subtype"), _FOREIGN_SUBTYPES)
        or "/EF" in value
    )


def _is_one_of(value: Any, names: frozenset[str]) -> bool:
    target = _resolved(value)
    return isinstance(target, NameObject) and target in names


def _resolved(value: Any) -> Any:
    """The object, resolved if it is a reference."""
    return value.get_object() if isinstance(value, IndirectObject) else value


def _contents(page: Any, copied_page: Any, copy: _Copy) -> ArrayObject:
    """The page's content streams, followed by the appearance of its form fields."""
    contents = _resolved(page.get("/Contents", ArrayObject()))
    streams = contents if isinstance(contents, ArrayObject) else [page.get("/Contents")]
    copied = [
        copy.value(each, "/Contents")
        for each in streams
        if isinstance(_resolved(each), StreamObject)
    ]
    copied = [each for each in copied if isinstance(_resolved(each), StreamObject)]
    noted = _resolved(page.get("/Annots"))
    fields = [_field(each, copy) for each in (noted if isinstance(noted, ArrayObject) else ())]
    visible_fields = [field for field in fields if field is not None]
    if not visible_fields:
        return ArrayObject(copied)
    resources = _entries(copied_page.get("/Resources"))
    forms = _entries(resources.get("/XObject"))
    lines = [b"Q"]
    for number, (form, matrix) in enumerate(visible_fields):
        name = NameObject(f"/Field{number}")
        while name in forms:
            name = NameObject(f"{name}x")
        forms[name] = form
        numbers = " ".join(f"{each:.5f}" for each in matrix)
        lines.append(f"q {numbers} cm {name} Do Q".encode())
    resources[NameObject("/XObject")] = forms
    copied_page[NameObject("/Resources")] = resources
    return ArrayObject([copy.stream(b"q"), *copied, copy.stream(b"\n".join(lines))])


def _entries(dictionary: Any) -> DictionaryObject:
    """A shallow copy, as pages may share their resources."""
    original, copied = _resolved(dictionary), DictionaryObject()
    if isinstance(original, DictionaryObject):
        copied.update({key: original.raw_get(key) for key in original})
    return copied


def _field(reference: Any, copy: _Copy) -> tuple[PdfObject, tuple[float, ...]] | None:
    """The appearance of a form field as a form XObject, and its transformation matrix."""
    field: Any = _resolved(reference)
    if not isinstance(field, DictionaryObject) or field.get("/Subtype") != "/Widget":
        return None
    if int(_resolved(field.get("/F", 0))) & (_HIDDEN | _NOT_SHOWN):
        return None
    appearances = _resolved(field.get("/AP"))
    form = (
        appearances.raw_get("/N")
        if isinstance(appearances, DictionaryObject) and "/N" in appearances
        else None
    )
    states = _resolved(form)
    if isinstance(states, DictionaryObject) and not isinstance(states, StreamObject):
        state = _resolved(field.get("/AS", "/Off"))
        form = states.raw_get(state) if state in states else None
    drawn: Any = _resolved(form)
    if not isinstance(drawn, StreamObject):
        return None
    copied = copy.value(form, _NAMED)
    if not isinstance(copied, IndirectObject):
        copied = pdf_objects.add(copy.writer, copied)
    copied_form = copied.get_object()
    if not isinstance(copied_form, StreamObject):
        return None
    copied_form[NameObject("/Type")] = NameObject("/XObject")
    copied_form[NameObject("/Subtype")] = NameObject("/Form")
    rectangle: Any = _resolved(field["/Rect"])
    return copied, _placed(drawn, [float(_resolved(each)) for each in rectangle])


def _placed(form: Any, rectangle: list[float]) -> tuple[float, ...]:
    """The matrix that maps the form's bounding box to `rectangle` (ISO 32000, 12.5.5)."""
    box_left, bottom, right, top = (float(_resolved(each)) for each in form["/BBox"])
    a, b, c, d, e, f = (float(_resolved(each)) for each in form.get("/Matrix", (1, 0, 0, 1, 0, 0)))
    corners = [
        (a * x + c * y + e, b * x + d * y + f) for x in (box_left, right) for y in (bottom, top)
    ]
    low_x, low_y = (min(corner[axis] for corner in corners) for axis in (0, 1))
    high_x, high_y = (max(corner[axis] for corner in corners) for axis in (0, 1))
    to_x, to_y = min(rectangle[0], rectangle[2]), min(rectangle[1], rectangle[3])
    wide = abs(rectangle[2] - rectangle[0]) / ((high_x - low_x) or 1)
    high = abs(rectangle[3] - rectangle[1]) / ((high_y - low_y) or 1)
    return (wide, 0, 0, high, to_x - wide * low_x, to_y - high * low_y)


def _strip_image(stream: StreamObject) -> None:
    """Remove a photograph's metadata, and the filters that were applied around it."""
    filter_names: Any = _resolved(stream.get("/Filter"))
    if filter_names is None:
        return
    filters = (
        [_resolved(each) for each in filter_names]
        if isinstance(filter_names, list)
        else [filter_names]
    )
    strip = _STRIP.get(str(filters[-1])) if filters else None
    if strip is None:
        return
    data = pdf_objects.encoded(stream)
    if len(filters) > 1:
        wrapped = EncodedStreamObject()
        pdf_objects.set_encoded(wrapped, data)
        wrapped[NameObject("/Filter")] = ArrayObject(filters[:-1])
        settings: Any = _resolved(stream.pop("/DecodeParms", None))
        if isinstance(settings, ArrayObject) and len(settings) == len(filters):
            wrapped[NameObject("/DecodeParms")] = ArrayObject(settings[:-1])
            stream[NameObject("/DecodeParms")] = settings[-1]
        elif settings is not None and not isinstance(settings, NullObject):
            raise PdfReadError("parameters do not fit the filters")
        data = wrapped.get_data()
        stream[NameObject("/Filter")] = NameObject(filters[-1])
    pdf_objects.set_encoded(stream, strip(data))
