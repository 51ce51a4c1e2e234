"""What can go wrong between the console and a service, as types; light to import."""

from dataclasses import dataclass


class Problematic(Exception):
    """Base of everything a read or an act can end in that a person should be told."""


class Refused(Problematic):
    """The service said no, in words (RFC 9457 problem details), in the language asked for."""

    def __init__(
        self,
        detail: str,
        way_out: str | None = None,
        errors: tuple[str, ...] = (),
        status: int = 409,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.way_out = way_out
        self.errors = errors
        self.status = status


class Unreachable(Problematic):
    """No answer, or an answer that no service of ours gives; nothing is known to have changed."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class SignedOut(Problematic):
    """The token is missing, over, or not accepted: the person must sign in again."""


@dataclass(frozen=True)
class Wrong:
    """A sentence beside one field, or beside none (``); `too_much`: true of what is typed already,
    whatever is typed next."""

    field: str
    sentence: str
    too_much: bool = False


class NotComplete(Problematic):
    """What is typed cannot be sent; each sentence says what to do."""

    def __init__(self, *wrong: Wrong) -> None:
        super().__init__(" ".join(one.sentence for one in wrong))
        self.wrong = wrong
