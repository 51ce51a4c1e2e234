"""Signed checkpoints: C2SP tlog-checkpoint (https://c2sp.org/tlog-checkpoint) as C2SP signed notes
(https://c2sp.org/signed-note) with Ed25519, so that third-party tools verify them too.

    panel.example.org/journal           the origin: the name of the journal
    1204                                how many entries
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2…   the root of their tree

    — panel.example.org/journal Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp…
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.feedback.journal.rules.merkle import HASH_BYTES
from services.runtime.refusal import Refusal
from services.runtime.text import Text

_ED25519 = b"\x01"
_ID_BYTES = 4
_KEY_BYTES = 32
# In characters; room for every signature scheme of the note format, and for nothing hidden.
_LARGEST_NOTE = 64_000
_MOST_SIGNATURES = 16
_DASH = "— "
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class BadKey(Refusal):
    status = 422
    sentence = Text(
        fr="Cette clé publique n'est pas lisible : {key}.",
        en="This public key cannot be read: {key}.",
    )
    way_out = Text(
        fr="Elle a la forme nom+empreinte+clé, telle que le journal la donne à /journal/key.",
        en="It has the form name+hash+key, as the journal gives it at /journal/key.",
    )


class BadCheckpoint(Refusal):
    """The text is not a checkpoint, or none of the keys has signed it."""

    status = 422
    sentence = Text(
        fr="Ce texte n'est pas un point de contrôle signé.",
        en="This text is not a signed checkpoint.",
    )


class SignedByAnother(BadCheckpoint):
    sentence = Text(
        fr="Aucune des clés données n'a signé ce point de contrôle.",
        en="None of the given keys has signed this checkpoint.",
    )


class SignatureWrong(BadCheckpoint):
    sentence = Text(
        fr="La signature de {name} ne correspond pas à ce texte : il a été modifié.",
        en="The signature of {name} does not fit this text: it was altered.",
    )


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        root = base64.b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\n"


@dataclass(frozen=True)
class Verifier:
    """A public key and its name, in the syntax of signed notes: `name+hash+base64(0x01 ‖ key)`."""

    name: str
    public: bytes
    key: Ed25519PublicKey = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", Ed25519PublicKey.from_public_bytes(self.public))

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """Raises BadKey."""
        parts = vkey.strip().split("+", 2)
        try:
            name, id, encoded = parts
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise BadKey(key=vkey.strip()) from None
        if raw[:1] != _ED25519 or len(raw) != 1 + _KEY_BYTES or not is_name(name):
            raise BadKey(key=vkey.strip())
        verifier = cls(name, raw[1:])
        if verifier.id.hex() != id:
            raise BadKey(key=vkey.strip())
        return verifier

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        encoded = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


@dataclass(frozen=True)
class Signer:
    """The key's name is the journal's origin."""

    origin: str
    key: Ed25519PrivateKey = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.origin, self.key.public_key().public_bytes_raw())

    def sign(self, size: int, root: bytes) -> str:
        """The note that commits the journal to its first `size` entries."""
        return self.sign_text(Checkpoint(self.origin, size, root).text)

    def sign_text(self, text: str) -> str:
        verifier = self.verifier
        signed = base64.b64encode(verifier.id + self.key.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{verifier.name} {signed}\n"


def is_name(name: str) -> bool:
    """Whether a key may have this name: no spaces, control characters or plus signs."""
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


def open_note(note: str, verifiers: "list[Verifier]") -> str:
    """The text that at least one of the keys has signed; signatures by unknown keys are ignored.

    Raises BadCheckpoint, SignedByAnother, SignatureWrong."""
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n") or len(note) > _LARGEST_NOTE:
        raise BadCheckpoint
    if any(c < " " and c != "\n" for c in note):
        raise BadCheckpoint
    text += "\n"
    lines = signatures[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise BadCheckpoint
    by_identity = {(verifier.name, verifier.id): verifier for verifier in verifiers}
    signed = False
    for line in lines:
        name, id, signature = _signature(line)
        if verifier := by_identity.get((name, id)):
            try:
                verifier.key.verify(signature, text.encode())
            except InvalidSignature:
                raise SignatureWrong(name=name) from None
            signed = True
    if not signed:
        raise SignedByAnother
    return text


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """Raises BadCheckpoint."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not is_name(name):
        raise BadCheckpoint
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise BadCheckpoint from None
    if len(raw) <= _ID_BYTES:
        raise BadCheckpoint
    return name, raw[:_ID_BYTES], raw[_ID_BYTES:]


def read_checkpoint(note: str, verifiers: "list[Verifier]") -> Checkpoint:
    """Raises BadCheckpoint, SignedByAnother, SignatureWrong.

    The origin must be the name of a key, as a key of this journal signs no other journal."""
    lines = open_note(note, verifiers).split("\n")
    if len(lines) != 4 or lines[3] or not _SIZE.fullmatch(lines[1]):
        raise BadCheckpoint
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (ValueError, binascii.Error):
        raise BadCheckpoint from None
    origin = lines[0]
    if len(root) != HASH_BYTES or origin not in {verifier.name for verifier in verifiers}:
        raise BadCheckpoint
    return Checkpoint(origin, int(lines[1]), root)
