"""A PDF made anew of what its pages draw, and of nothing else.

Nothing is copied because it is there, but because a page needs it to be drawn, whether it is an
object of its own or inside another. So scripts, actions, embedded files, descriptions and earlier
revisions have no way in, whatever they are called. Texts are copied where fonts and colours need
one; the words of a page stand in its content. Fields of forms are drawn as they look; links, notes
and media are not copied.
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

from services.responses.documents.embedded_images import bare_jpeg, bare_jpeg2000


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PAGE = _names("/ArtBox /BleedBox /CropBox /Group /MediaBox /Resources /Rotate /TrimBox /UserUnit")
_RESOURCES = frozenset(
    ("/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties")
)
# Dictionaries whose keys are names that the file chose: of fonts, letters, inks.
_OF_NAMES = frozenset(f"/Resources{key}" for key in _RESOURCES) | {"/CharProcs", "/Colorants"}
_NAMED = "*"  # whatever stands there
# Streams are drawn from these; under any other name they hold something else.
_STREAMS = _names(
    f"{_NAMED} /Alternate /BG /BG2 /Base /CIDSet /CIDToGIDMap /CS /ColorSpace /Contents"
    " /DecodeParms /Encoding /FontFile /FontFile2 /FontFile3 /Function /Functions /G /HT"
    " /JBIG2Globals /Mask /SMask /Shading /SpotFunction /TR /TR2 /ToUnicode"
    " /TransferFunction /UCR /UCR2 /UseCMap"
)
# Below a page nothing is drawn from these, whatever they hold.
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
# Where fonts need a text to be drawn.
_TEXTS = frozenset(("/Registry", "/Ordering", "/CharSet", "/Panose"))
# What is copied depends on the name that something stands under, in these ways.
_CONTEXTS = _OF_NAMES | _TEXTS | {"/Resources"}
_INDEXED = frozenset(("/Indexed", "/I"))
_BARE = {"/DCTDecode": bare_jpeg, "/DCT": bare_jpeg, "/JPXDecode": bare_jpeg2000}
_HIDDEN, _NOT_SHOWN = 1 << 1, 1 << 5  # flags of an annotation


def drawn(reader: PdfReader) -> bytes:
    """The file without the rest. Raises what pypdf raises for a file that is broken."""
    writer = PdfWriter()
    copy = _Copy(writer)
    for page in reader.pages:
        made = writer.add_blank_page(1, 1)
        for name in _PAGE & set(page):
            made[NameObject(name)] = copy.value(page.raw_get(name), name)
        made[NameObject("/Contents")] = _contents(page, made, copy)
    layers = copy.layers(_got(reader.trailer["/Root"]))
    if layers is not None:
        writer._root_object[NameObject("/OCProperties")] = layers
    writer.metadata = None
    # What nothing refers to any more would still be written.
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class _Copy:
    def __init__(self, writer: PdfWriter) -> None:
        self._writer = writer
        self._made: dict[tuple[int, int, str | bool], IndirectObject] = {}

    def value(self, value: Any, name: str = "") -> PdfObject:
        """A copy of what stands under `name`; null for what is not drawn."""
        if isinstance(value, IndirectObject):
            found = value.get_object()
            drawn_from = isinstance(found, StreamObject | ArrayObject) and name in _STREAMS
            context = name if name in _CONTEXTS else drawn_from
            place = (value.idnum, value.generation, context)
            if place not in self._made:
                # First the reference: what refers to itself meets it.
                self._made[place] = self._writer._add_object(NullObject())
                made = self._direct(found, name)
                self._writer._replace_object(self._made[place], made)
            return self._made[place]
        return self._direct(value, name)

    def stream(self, data: bytes) -> IndirectObject:
        made = DecodedStreamObject()
        made.set_data(data)
        return self._writer._add_object(made)

    def layers(self, catalog: Any) -> DictionaryObject | None:
        """Layers that a reader does not see stay unseen."""
        found = _got(catalog.get("/OCProperties"))
        default = _got(found.get("/D")) if isinstance(found, DictionaryObject) else None
        if not isinstance(default, DictionaryObject):
            return None
        shown = DictionaryObject()
        for name in {"/BaseState", "/ON", "/OFF"} & set(default):
            shown[NameObject(name)] = self.value(default.raw_get(name))
        layers = self.value(found.get("/OCGs", ArrayObject()))
        return DictionaryObject({NameObject("/OCGs"): layers, NameObject("/D"): shown})

    def _direct(self, value: Any, name: str) -> PdfObject:
        match value:
            case StreamObject():
                return self._stream(value, name)
            case DictionaryObject():
                return self._dictionary(value, name)
            case ArrayObject():
                indexed = bool(value) and _is_one_of(value[0], _INDEXED)
                return ArrayObject(
                    self._text(_got(each)) if indexed and place == 3 else self.value(each, name)
                    for place, each in enumerate(value)
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
        made = DictionaryObject()
        for key in value:
            if _is_copied(name, key):
                copied = self.value(value.raw_get(key), _child(name, key))
                if not isinstance(copied, NullObject):
                    made[NameObject(key)] = copied
        if value.get("/Type") == "/OCG":
            made[NameObject("/Name")] = TextStringObject("")
        return made

    def _stream(self, value: StreamObject, name: str) -> PdfObject:
        head = self._dictionary(value, name)
        # Of a file elsewhere, or of something that is not drawn.
        if not isinstance(head, DictionaryObject) or "/F" in value or name not in _STREAMS:
            return NullObject()
        made: StreamObject = EncodedStreamObject() if "/Filter" in value else DecodedStreamObject()
        made._data = value._data
        made.update({key: head.raw_get(key) for key in head if key != "/Length"})
        _bare_image(made)
        return made


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
    found = _got(value)
    return isinstance(found, NameObject) and found in names


def _got(value: Any) -> Any:
    """Itself, or what a reference refers to."""
    return value.get_object() if isinstance(value, IndirectObject) else value


def _contents(page: Any, made: Any, copy: _Copy) -> ArrayObject:
    """The page's content, then its fields as they look."""
    given = _got(page.get("/Contents", ArrayObject()))
    streams = given if isinstance(given, ArrayObject) else [page.get("/Contents")]
    copied = [
        copy.value(each, "/Contents") for each in streams if isinstance(_got(each), StreamObject)
    ]
    copied = [each for each in copied if isinstance(_got(each), StreamObject)]
    noted = _got(page.get("/Annots"))
    fields = [_field(each, copy) for each in (noted if isinstance(noted, ArrayObject) else ())]
    shown = [field for field in fields if field is not None]
    if not shown:
        return ArrayObject(copied)
    resources = _entries(made.get("/Resources"))
    forms = _entries(resources.get("/XObject"))
    lines = [b"Q"]
    for number, (form, place) in enumerate(shown):
        name = NameObject(f"/Field{number}")
        while name in forms:
            name = NameObject(f"{name}x")
        forms[name] = form
        numbers = " ".join(f"{each:.5f}" for each in place)
        lines.append(f"q {numbers} cm {name} Do Q".encode())
    resources[NameObject("/XObject")] = forms
    made[NameObject("/Resources")] = resources
    return ArrayObject([copy.stream(b"q"), *copied, copy.stream(b"\n".join(lines))])


def _entries(dictionary: Any) -> DictionaryObject:
    """A copy: resources may be those of other pages too."""
    given, made = _got(dictionary), DictionaryObject()
    if isinstance(given, DictionaryObject):
        made.update({key: given.raw_get(key) for key in given})
    return made


def _field(reference: Any, copy: _Copy) -> tuple[PdfObject, tuple[float, ...]] | None:
    """A field's appearance as a form, and the matrix that puts it in its place."""
    field: Any = _got(reference)
    if not isinstance(field, DictionaryObject) or field.get("/Subtype") != "/Widget":
        return None
    if int(_got(field.get("/F", 0))) & (_HIDDEN | _NOT_SHOWN):
        return None
    looks = _got(field.get("/AP"))
    form = looks.raw_get("/N") if isinstance(looks, DictionaryObject) and "/N" in looks else None
    states = _got(form)
    if isinstance(states, DictionaryObject) and not isinstance(states, StreamObject):
        state = _got(field.get("/AS", "/Off"))
        form = states.raw_get(state) if state in states else None
    drawn: Any = _got(form)
    if not isinstance(drawn, StreamObject):
        return None
    copied = copy.value(form, _NAMED)
    if not isinstance(copied, IndirectObject):
        copied = copy._writer._add_object(copied)
    made = copied.get_object()
    if not isinstance(made, StreamObject):
        return None
    made[NameObject("/Type")] = NameObject("/XObject")
    made[NameObject("/Subtype")] = NameObject("/Form")
    rectangle: Any = _got(field["/Rect"])
    return copied, _placed(drawn, [float(_got(each)) for each in rectangle])


def _placed(form: Any, rectangle: list[float]) -> tuple[float, ...]:
    """ISO 32000, 12.5.5: the box of the form, turned by its matrix, fills the rectangle."""
    left, bottom, right, top = (float(_got(each)) for each in form["/BBox"])
    a, b, c, d, e, f = (float(_got(each)) for each in form.get("/Matrix", (1, 0, 0, 1, 0, 0)))
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)]
    low_x, low_y = (min(corner[axis] for corner in corners) for axis in (0, 1))
    high_x, high_y = (max(corner[axis] for corner in corners) for axis in (0, 1))
    to_x, to_y = min(rectangle[0], rectangle[2]), min(rectangle[1], rectangle[3])
    wide = abs(rectangle[2] - rectangle[0]) / ((high_x - low_x) or 1)
    high = abs(rectangle[3] - rectangle[1]) / ((high_y - low_y) or 1)
    return (wide, 0, 0, high, to_x - wide * low_x, to_y - high * low_y)


def _bare_image(stream: StreamObject) -> None:
    """A photograph's own metadata goes, with compressions that were put around it."""
    named: Any = _got(stream.get("/Filter"))
    if named is None:
        return
    filters = [_got(each) for each in named] if isinstance(named, list) else [named]
    bare = _BARE.get(str(filters[-1])) if filters else None
    if bare is None:
        return
    data = stream._data
    if len(filters) > 1:
        wrapped = EncodedStreamObject()
        wrapped._data = data
        wrapped[NameObject("/Filter")] = ArrayObject(filters[:-1])
        settings: Any = _got(stream.pop("/DecodeParms", None))
        if isinstance(settings, ArrayObject) and len(settings) == len(filters):
            wrapped[NameObject("/DecodeParms")] = ArrayObject(settings[:-1])
            stream[NameObject("/DecodeParms")] = settings[-1]
        elif settings is not None and not isinstance(settings, NullObject):
            raise PdfReadError("parameters do not fit the filters")
        data = wrapped.get_data()
        stream[NameObject("/Filter")] = NameObject(filters[-1])
    stream._data = bare(data)
