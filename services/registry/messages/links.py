"""Members' links in messages and pages: each is signed, expires, and serves one purpose."""

from datetime import date, datetime, timedelta
from uuid import UUID

from joserfc.jwk import OKPKey

from services.registry.messages.rules import end_of_day_everywhere
from services.runtime.http.member_links import Link, sign_link

INVITATION, LEAVE, ERASURE = "invitation", "leave", "erasure"
# An erasure ticket lasts as long as it may take to read the page that asks for confirmation.
_ERASURE_TICKET_LASTS = timedelta(hours=1)
# A link works longer than it is useful: a late reader gets a page that explains.
_GRACE = timedelta(days=31)


class MemberLinks:
    """Holds the key that signs links."""

    def __init__(self, signing_key: OKPKey, registry_url: str, campaigns_url: str) -> None:
        self._key = signing_key
        self._registry_url = registry_url
        self._campaigns_url = campaigns_url

    def leave(self, member_id: UUID, until: date) -> str:
        link = Link(member_id, member_id, LEAVE)
        signed = sign_link(self._key, link, end_of_day_everywhere(until, _GRACE))
        return f"{self._registry_url}/leave/{signed}"

    def erasure_ticket(self, member_id: UUID, instant: datetime) -> str:
        """A ticket of a page, never of a message: links that machines know do not erase."""
        link = Link(member_id, member_id, ERASURE)
        return sign_link(self._key, link, instant + _ERASURE_TICKET_LASTS)

    def invitation(self, member_id: UUID, invitation_id: UUID, until: date) -> str:
        """Valid until collection ends: it also leads to responding and to leaving the project."""
        link = Link(member_id, invitation_id, INVITATION)
        signed = sign_link(self._key, link, end_of_day_everywhere(until, _GRACE))
        return f"{self._campaigns_url}/invitations/{signed}"
