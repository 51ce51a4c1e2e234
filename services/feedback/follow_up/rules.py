"""Steps of follow-up: the progress of a retained proposal, in an order that never goes back."""

from collections.abc import Sequence
from enum import StrEnum

from services.feedback.decisions.rules import RETAINED_OUTCOMES
from services.runtime.refusal import Refusal
from services.runtime.text import Text


class Progress(StrEnum):
    # Of a published decision without a step; never recorded.
    PROMISED = "promised"
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    GIVEN_UP = "given_up"


FINISHED = (Progress.DONE, Progress.GIVEN_UP)

_NEXT_STEPS = {
    Progress.PROMISED: (
        Progress.PLANNED,
        Progress.UNDER_WAY,
        Progress.DONE,
        Progress.GIVEN_UP,
    ),
    Progress.PLANNED: (Progress.PLANNED, Progress.UNDER_WAY, Progress.DONE, Progress.GIVEN_UP),
    Progress.UNDER_WAY: (Progress.UNDER_WAY, Progress.DONE, Progress.GIVEN_UP),
    Progress.DONE: (),
    # An administration may reconsider; the step that gave up stays public.
    Progress.GIVEN_UP: (Progress.PLANNED, Progress.UNDER_WAY),
}

PROGRESS_NAMES = {
    Progress.PLANNED: Text(fr="prévu", en="planned"),
    Progress.UNDER_WAY: Text(fr="en cours", en="under way"),
    Progress.DONE: Text(fr="fait", en="done"),
    Progress.GIVEN_UP: Text(fr="abandonné", en="given up"),
}


class NotFollowed(Refusal):
    sentence = Text(
        fr="Seule une décision publiée qui retient la proposition, en tout ou en partie, peut être"
        " suivie.",
        en="Only a published decision that retains its proposal, wholly or partly, can be followed"
        " up.",
    )
    way_out = Text(
        fr="Publiez d'abord la décision avec le retour ; une proposition non retenue n'a pas de"
        " suite.",
        en="Publish the decision with the report first; a proposal that is not retained has no"
        " follow-up.",
    )


class StepOutOfOrder(Refusal):
    sentence = Text(
        fr="Cette proposition est déjà à l'étape « {fr} ».",
        en="This proposal is already at the step “{en}”.",
    )
    way_out = Text(
        fr="Une étape publiée ne s'efface pas : choisissez une étape ultérieure.",
        en="A published step stays: choose a later one.",
    )

    def __init__(self, progress: str) -> None:
        name = PROGRESS_NAMES[Progress(progress)]
        super().__init__(fr=name.fr, en=name.en)


class GivenUpWithoutReason(Refusal):
    status = 422
    sentence = Text(
        fr="L'abandon d'une proposition retenue doit être motivé.",
        en="Giving up a retained proposal needs a reason.",
    )
    way_out = Text(fr="Indiquez le motif.", en="Write the reason.")


def next_note(
    outcome: str | None, steps: Sequence[str], progress: str, note: str | None
) -> str | None:
    """The note of the next step, stripped; `outcome` is published, `steps` are the earlier ones.

    Raises NotFollowed, StepOutOfOrder, GivenUpWithoutReason."""
    if outcome not in RETAINED_OUTCOMES:
        raise NotFollowed
    last = Progress(steps[-1]) if steps else Progress.PROMISED
    if progress not in _NEXT_STEPS[last]:
        raise StepOutOfOrder(last)
    stripped = (note or "").strip() or None
    if progress == Progress.GIVEN_UP and stripped is None:
        raise GivenUpWithoutReason
    return stripped
