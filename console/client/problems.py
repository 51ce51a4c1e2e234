"""Expected failures between a staff program and a service, as types; light to import."""

from dataclasses import dataclass

from console.words import Language, Text

_UNREACHABLE = Text(
    fr="Le service {service} ne répond pas.", en="The service {service} does not answer."
)
_TRY_AGAIN = Text(
    fr="Il redémarre peut-être : réessayez dans un instant.",
    en="It may be starting again: try in a moment.",
)
_SIGNED_OUT = Text(fr="Il faut se connecter de nouveau.", en="You must sign in again.")


class Failure(Exception):
    """Base of every expected failure of a call or a command that a person should be told."""

    def message(self, language: Language) -> str:
        """One sentence."""
        return str(self)

    def details(self, language: Language) -> list[str]:
        """One line for each thing that is wrong, when there are several."""
        return []

    def way_out_message(self, language: Language) -> str | None:
        return None


class Refused(Failure):
    """A refusal of a service, in its own words (RFC 9457) in the language asked for."""

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

    def details(self, language: Language) -> list[str]:
        return list(self.errors)

    def way_out_message(self, language: Language) -> str | None:
        return self.way_out


class Unreachable(Failure):
    """No response, or a response that none of the services sends; nothing is known to have
    changed."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service

    def message(self, language: Language) -> str:
        return _UNREACHABLE.in_(language, service=self.service)

    def way_out_message(self, language: Language) -> str | None:
        return _TRY_AGAIN.in_(language)


class SignedOut(Failure):
    """The token is missing, expired or not accepted: the person must sign in again."""

    def message(self, language: Language) -> str:
        return _SIGNED_OUT.in_(language)


@dataclass(frozen=True)
class FieldError:
    """A sentence beside one field, or beside the whole form (empty `field`).

    `too_much`: a limit is exceeded, so that typing more does not help."""

    field: str
    sentence: str
    too_much: bool = False


class Incomplete(Failure):
    """A form that cannot be sent yet; each sentence says what to do."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__(" ".join(error.sentence for error in errors))
        self.errors = errors
