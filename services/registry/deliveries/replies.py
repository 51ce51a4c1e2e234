"""Replies of the mail server: the cause of a refusal, and the part of its text that may be stored.

Enhanced status codes (RFC 3463, RFC 5248, RFC 2034) decide. A refusal is the recipient's only where
the reply says that there is no such mailbox or domain: an order refused in error is a person who is
not invited, while an order that waits costs only time.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

# No such mailbox or domain. Not 5.1.7 and 5.1.8, which concern the sender's address; nor 5.1.0,
# "other", which servers use for senders too. 5.4.310 is Exchange's code for a dead domain.
NO_SUCH_RECIPIENT = frozenset({(5, 1, 1), (5, 1, 2), (5, 1, 3), (5, 1, 6), (5, 1, 10), (5, 4, 310)})
_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?!\S)\s*")
# Words that overrule a code: large providers give permanent codes to temporary refusals.
_LATER = re.compile(
    r"\b(try (it )?again|later|temporar(y|ily)|essayer|reessayez|plus tard|ulterieurement|too many"
    r"|gr[ae]y-?list(ed|ing)?|rate limit(ed)?|throttl(ed|ing)|deferred)\b",
)
_POLICY = re.compile(
    r"\b(spam|unsolicited|block(ed|ing)?|bloque\w*|(black|block|deny)-?list(ed)?|dnsbl|rbl|reputation"
    r"|spf|dkim|dmarc|polic(y|ies)|banned|unauthenticated|relay(ing)? (access )?denied"
    r"|access denied|sender (address )?(rejected|denied|refused|verify)|client host"
    r"|your (ip|host|server))\b",
)
_NO_SUCH = re.compile(
    r"\b(no such (user|mailbox|recipient|address|person|account)"
    r"|(user|recipient|mailbox|account|address) (\S+ )?(is )?"
    r"(unknown|invalid|not found|inconnue?|invalide)"
    r"|(unknown|invalid) (local )?(user|recipient|mailbox|address)"
    r"|(does not|doesn.t) exist|n.existe pas|(adresse|destinataire).{0,40}(invalide|inconnue?))\b",
)
# Addresses and links, in which such words mean nothing.
_QUOTED = re.compile(r"\S*@\S*|\S+://\S*")
LONGEST_REPLY = 200


class Stage(StrEnum):
    """The command to which a reply belongs."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class Cause(StrEnum):
    """Cause of a refusal."""

    RECIPIENT = "recipient"
    """There is no such mailbox."""
    MAILBOX = "mailbox"
    """The mailbox exists and accepts nothing now, for instance because it is full."""
    TEMPORARY = "temporary"
    """A temporary code."""
    LATER = "later"
    """A permanent code, with words that ask to try again."""
    POLICY = "policy"
    """The server refuses this sender or this content."""
    UNCLEAR = "unclear"
    """A permanent code without a recognisable reason."""


@dataclass(frozen=True)
class Reply:
    """A negative reply."""

    stage: Stage
    code: int
    text: str

    @property
    def is_permanent(self) -> bool:
        return 500 <= self.code < 600

    @property
    def enhanced(self) -> tuple[int, int, int] | None:
        match = _ENHANCED.match(self.text)
        return (int(match[1]), int(match[2]), int(match[3])) if match else None

    @property
    def cause(self) -> Cause:
        text = _QUOTED.sub(" ", _plain(self.text))
        enhanced = self.enhanced
        if not self.is_permanent:
            return Cause.TEMPORARY
        if (enhanced and enhanced[0] != 5) or _LATER.search(text):
            return Cause.LATER
        if self.stage is Stage.SENDER or _POLICY.search(text):
            return Cause.POLICY
        if enhanced in NO_SUCH_RECIPIENT:
            return Cause.RECIPIENT
        if enhanced and enhanced[1] == 2 and enhanced[2] in (1, 2, 3):
            # Disabled, full, or too small for the message.
            return Cause.MAILBOX
        bare = enhanced in (None, (5, 0, 0), (5, 1, 0))
        if bare and self.stage is Stage.RECIPIENT and _NO_SUCH.search(text):
            return Cause.RECIPIENT
        return Cause.UNCLEAR if bare else Cause.POLICY

    @property
    def concerns_sender(self) -> bool:
        """Whether other recipients will meet this refusal too: some in a row open the breaker.

        A temporary reply to one recipient, such as greylisting, does not; a server that closes
        (421) or refuses this sender does.
        """
        if self.cause in (Cause.RECIPIENT, Cause.MAILBOX):
            return False
        return self.is_permanent or self.code == 421 or self.stage is Stage.SENDER

    def without_personal_data(self, *personal: str) -> str:
        """Code and text on one line, without addresses, links, tokens and parts of `personal`."""
        names = {part for text in personal for part in _parts(text)}
        parts = [
            word if not _is_personal(word, names) else "…"
            for word in "".join(
                c if c.isprintable() else " " for c in unicodedata.normalize("NFC", self.text)
            ).split()
        ]
        line = re.sub(r"…( …)+", "…", " ".join([str(self.code), *parts]))
        return line if len(line) <= LONGEST_REPLY else line[: LONGEST_REPLY - 1] + "…"


def _plain(text: str) -> str:
    """Lower case, without accents, on one line."""
    letters = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def _parts(text: str) -> set[str]:
    """An address or a name, and those of its pieces that would still identify a person."""
    plain = _plain(text)
    local, _, domain = plain.rpartition("@")
    pieces = re.split(r"[^a-z0-9]+", local or plain)
    # Providers that ignore dots quote the mailbox without them.
    base = local.partition("+")[0]
    mailbox = {local, base, re.sub(r"[^a-z0-9]+", "", base)} - {""}
    return mailbox | {part for part in (plain, domain, *pieces) if len(part) >= 3}


_TOKEN = re.compile(r"(?=.*\d)[\w+/=-]{16,}|[\w+/=-]{28,}")


def _is_personal(word: str, names: set[str]) -> bool:
    plain = _plain(word)
    if "@" in plain or "%40" in plain or "://" in plain or plain.startswith("www."):
        return True
    if _TOKEN.search(word):
        return True
    bare = plain.strip("<>()[]{}.,;:!?'\"«»=")
    whole = set(re.split(r"[^a-z0-9]+", bare))
    return any(
        name == bare or name in whole or (len(name) >= 6 and name in plain) for name in names
    )
