"""Rendering of messages: a text in the member's language, and the headers that each one carries."""

import binascii
from dataclasses import dataclass
from datetime import date, datetime
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.contracts.characters import clean
from services.registry.messages.links import MemberLinks
from services.registry.messages.rules import (
    MessageContent,
    in_language,
    is_over,
    long_last_day,
    shortened,
)
from services.runtime.text import long_date

# Kinds of messages about one invitation, which lead back to its page.
_WITH_INVITATION_LINK = {"invitation", "reminder", "confirmation"}
# The zone of the civil day on which campaigns lets the last members accept and respond.
_CAMPAIGNS_ZONE = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class RenderedMessage:
    recipient: str
    source: bytes
    """Headers and body (RFC 5322)."""


class MessageRenderer:
    def __init__(self, sender: str, links: MemberLinks) -> None:
        self._name, self.sender = parseaddr(sender)
        self._links = links
        self._templates = Environment(
            loader=PackageLoader("services.registry.messages", "templates"),
            # Plain text: nothing here is ever read as HTML.
            autoescape=False,  # noqa: S701
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, content: MessageContent, instant: datetime) -> RenderedMessage:
        until = max(content.membership_ends_on, instant.date())
        leave = self._links.leave(content.member_id, until)
        title = (content.mandate or {}).get("title", "")
        headers = {
            "From": formataddr((self._name, self.sender)),
            "To": content.to.address,
            "Subject": _encoded(content.subject.in_(content.language, title=title)),
            "Date": format_datetime(instant),
            # The same for every attempt of an order: a copy is recognised as one.
            "Message-ID": f"<{content.order_id}@{self.sender.rpartition('@')[2]}>",
            "Content-Language": content.language,
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "X-Panel-Kind": content.kind,
            "X-Panel-Order": str(content.order_id),
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "quoted-printable",
        }
        # Assembled by hand: the standard library's message objects cost ten times as much.
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        text = self._text(content, instant, title, leave, until)
        body = binascii.b2a_qp(_lines(text).encode(), istext=True).replace(b"\n", b"\r\n")
        return RenderedMessage(content.to.address, head.encode("ascii") + b"\r\n" + body)

    def _text(
        self, content: MessageContent, instant: datetime, title: str, leave: str, until: date
    ) -> str:
        language = content.language

        def t(fr: str, en: str) -> str:
            return fr if language == "fr" else en

        invitation = None
        if content.kind in _WITH_INVITATION_LINK:
            invitation = self._links.invitation(
                content.member_id, content.subject_id, content.collection_ends_on or until
            )
        today = instant.astimezone(_CAMPAIGNS_ZONE).date()
        return self._templates.get_template(f"{content.kind}.txt").render(
            t=t,
            name=content.to.name,
            mandate=content.mandate,
            title=title,
            details=content.details,
            report=content.report,
            report_link=content.report and in_language(content.report.url, language),
            report_summary=content.report and shortened(content.report.summary),
            invitation=invitation,
            leave=leave,
            day=lambda day: long_date(day, language),
            end_of=lambda day: long_last_day(day, language),
            participation=content.participation,
            date=date,
            recruitment_ends_on=content.recruitment_ends_on,
            recruits=not is_over(content.recruitment_ends_on, today),
            collection_ends_on=content.collection_ends_on,
            collects=not is_over(content.collection_ends_on, today),
            membership_ends_on=content.membership_ends_on,
        )


def _lines(text: str) -> str:
    """Text whose lines end by a line feed alone, whichever character ended them.

    Strict mail servers refuse a message with a carriage return of its own (SMTP smuggling), and
    readers disagree about U+2028 and similar ones. No control character is left: a mail reader may
    be a terminal.
    """
    return "".join(clean(line) + "\n" for line in text.splitlines())


def _encoded(line: str) -> str:
    """A header value in ASCII, on lines of a length that mail servers accept."""
    text = " ".join(clean(line).split())
    return Header(text, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\r\n")
