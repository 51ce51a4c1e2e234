"""When a collection takes responses, and the refusals at other times."""

from datetime import date
from enum import StrEnum
from typing import Any

from services.responses.collections.rules import Collection, CollectionPhase, is_collecting
from services.runtime.refusal import Refusal
from services.runtime.text import Text

_DAY = "%Y-%m-%d"


class SubmissionPhase(StrEnum):
    NOT_YET = "not_yet"
    OPEN = "open"
    OVER = "over"


class NotYetOpen(Refusal):
    sentence = Text(
        fr="Ce projet ne recueille pas encore de réponses.",
        en="This project does not take responses yet.",
    )
    way_out = Text(
        fr="Ce que vous avez écrit reste sur votre appareil : revenez avec le même lien.",
        en="What you wrote stays on your device: come back with the same link.",
    )


class SubmissionsOver(Refusal):
    sentence = Text(
        fr="Ce projet ne recueille plus de réponses : le dernier jour était le {day}.",
        en="This project no longer takes responses: the last day was {day}.",
    )
    way_out = Text(
        fr="Ce que vous avez écrit reste sur votre appareil et n'a pas été envoyé.",
        en="What you wrote stays on your device and was not sent.",
    )


class CollectionEnded(Refusal):
    """The collection ended while a response was on its way."""

    sentence = Text(
        fr="Ce projet ne recueille plus de réponses.", en="This project no longer takes responses."
    )
    way_out = SubmissionsOver.way_out


_DEFAULT_PERSONAL_CASES = Text(
    fr="Adressez-vous au service qui suit votre dossier : ses coordonnées figurent sur vos"
    " courriers.",
    en="Turn to the office that handles your case: its contact details are on your letters.",
)


def submission_phase(collection: Collection, today: date) -> SubmissionPhase:
    if collection.project_is_over or today > collection.collection_ends_on:
        return SubmissionPhase.OVER
    is_ready = collection.state == CollectionPhase.READY and collection.credential_key is not None
    if is_ready and is_collecting(collection.project_state):
        return SubmissionPhase.OPEN
    return SubmissionPhase.NOT_YET


def refuse_unless_open(collection: Collection, today: date) -> None:
    """Raises NotYetOpen, SubmissionsOver."""
    match submission_phase(collection, today):
        case SubmissionPhase.NOT_YET:
            raise NotYetOpen
        case SubmissionPhase.OVER:
            raise SubmissionsOver(day=collection.collection_ends_on.strftime(_DAY))


def personal_cases(collection: Collection) -> dict[str, Any]:
    """Where to turn with a personal situation: the questionnaire's sentence, or a general one."""
    text = collection.questionnaire and collection.questionnaire.get("personal_cases")
    default = _DEFAULT_PERSONAL_CASES
    return dict(text) if text else {"fr": default.fr, "en": default.en}
