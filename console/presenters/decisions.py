"""One decision in words: where it stands, what it says, what signing it does, what came of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from console.client.vocabulary import DECISION, OUTCOME, PROGRESS, say
from console.presenters.styled_text import Said, signed
from console.words import Count, Language, Text, elide, full_day, short_day

if TYPE_CHECKING:
    from services.contracts.http.feedback import DecisionView

KEPT = frozenset({"retained", "partly"})
# What may be recorded after what; nothing was recorded yet under "".
STEPS = {
    "": ("planned", "under_way", "done", "given_up"),
    "planned": ("planned", "under_way", "done", "given_up"),
    "under_way": ("under_way", "done", "given_up"),
    "done": (),
    "given_up": ("planned", "under_way"),
}
# As much of a reason as a confirmation can show on the smallest screen.
_REASON_SHOWN = 240

QUOTED = Text(fr="« {text} »", en="“{text}”")
_REVISION = {
    "drafted": Text(fr="révision à signer", en="revision to sign"),
    "signed": Text(fr="révision signée", en="revision signed"),
}
_LATE = Count(
    Text(fr="{n} j de retard", en="{n} day late"),
    Text(fr="{n} j de retard", en="{n} days late"),
)
_WAS_DUE = Text(fr="dû le {day}", en="due {day}")
_NOT_YET = Text(
    fr="Pas encore de décision : e la rédige, avec son motif.",
    en="No decision yet: e drafts it, with its reason.",
)
_DRAFTED_BY = Text(fr="rédigée par {who}", en="drafted by {who}")
_TO_BE_SIGNED = Text(fr="{who} la signe", en="{who} signs it")
_SIGNED_BY = Text(fr="signée par {who} le {day}", en="signed by {who} on {day}")
_PUBLISHED_ON = Text(fr="publiée le {day}", en="published on {day}")
_LATEST_ON = Text(
    fr="une version publiée le {day} reste lisible jusqu'au prochain retour",
    en="a version published on {day} stays readable until the next report",
)
_NEXT = Text(fr="Suite : {step}", en="Next: {step}")
_BY = Text(fr="Pour le {day} · {owner}", en="By {day} · {owner}")
_STEP = Text(fr="{day} : {progress}", en="{day}: {progress}")
_SIGN = Text(
    fr="Vous signez comme {who} : « {title} » est {outcome}. Motif : « {reason} »",
    en="You sign as {who}: “{title}” is {outcome}. Reason: “{reason}”",
)
_SIGN_NEXT = Text(
    fr=" Suite : « {step} », pour le {day}, par {owner}.",
    en=" Next: “{step}”, by {day}, seen to by {owner}.",
)
_SIGN_THEN = Text(
    fr=" Rien n'est public avant le retour ; changer le texte retirera la signature.",
    en=" Nothing is public before the report; a change of the text takes the signature back.",
)
_ALREADY = Text(
    fr="Cette décision est déjà signée par {who}.", en="This decision is signed by {who} already."
)
_NOTHING_TO_SIGN = Text(
    fr="Rien à signer encore : quelqu'un d'autre que vous rédige la décision (e), puis vous la"
    " signez.",
    en="Nothing to sign yet: somebody else than you drafts the decision (e), then you sign it.",
)
_NOT_FOLLOWED = Text(
    fr="Le suivi commence quand une décision qui retient la proposition est publiée.",
    en="Follow-up starts once a decision that retains the proposal is published.",
)
_FOLLOWED_TO_THE_END = Text(
    fr="C'est fait, et c'est dit : plus rien ne s'ajoute à ce suivi.",
    en="It is done, and said: nothing more is added to this follow-up.",
)
_MEANWHILE = Text(
    fr="Changée entre-temps par {who} : {outcome}, « {reason} ». Enregistrer la remplace.",
    en="Changed meanwhile by {who}: {outcome}, “{reason}”. Saving replaces it.",
)


def state(one: DecisionView, language: Language) -> Said:
    again = _REVISION.get(one.state) if one.published_on else None
    words = again.in_(language) if again else say(DECISION, one.state, language)
    match one.state:
        case "awaiting" | "drafted":
            return Said(words, "attention")
        case "published":
            return Said(words, "done")
    return Said(words)


def outcome(one: DecisionView, language: Language) -> Said:
    if one.outcome is None:
        return Said("–", "dim")
    return Said(say(OUTCOME, one.outcome, language), "strong" if one.outcome in KEPT else "")


def what_is_due(one: DecisionView, today: date, language: Language) -> Said:
    """Late, or by when, or how far it came: for a table's cell."""
    if one.overdue_days and one.state in ("awaiting", "drafted"):
        return Said(_LATE.say(one.overdue_days, language), "attention")
    if one.outcome not in KEPT or one.due_on is None:
        return Said("–", "dim")
    due = short_day(one.due_on, language)
    last = one.follow_up[-1].progress if one.follow_up else None
    if last in ("done", "given_up"):
        return Said(say(PROGRESS, last, language), "done" if last == "done" else "dim")
    if one.state == "published" and one.due_on < today:
        return Said(_WAS_DUE.in_(language, day=due), "attention")
    return Said(say(PROGRESS, last, language) if last else f"→ {due}")


def in_full(one: DecisionView, maker: str, today: date, language: Language) -> list[Said]:
    """All that is known of it, a paragraph each, the decision before the proposal's words."""
    said: list[Said] = []
    if one.outcome is None:
        said.append(signed(Said(_NOT_YET.in_(language), "attention")))
    else:
        verdict = say(OUTCOME, one.outcome, language).capitalize()
        said.append(Said(f"{verdict} · {state(one, language).text}", "strong"))
        said.append(Said(one.reason or ""))
        if one.next_step:
            said.append(Said(_NEXT.in_(language, step=one.next_step)))
        if one.due_on or one.owner:
            day = full_day(one.due_on, today, language) if one.due_on else "–"
            said.append(Said(_BY.in_(language, day=day, owner=one.owner or "–")))
    if (late := what_is_due(one, today, language)).tone == "attention":
        said.append(signed(late))
    said += [Said(who, "dim") for who in [_who(one, maker, today, language)] if who]
    said += [_step(step.progress, step.note, step.on, today, language) for step in one.follow_up]
    return said


def _who(one: DecisionView, maker: str, today: date, language: Language) -> str:
    parts = []
    if one.drafted_by:
        parts.append(_DRAFTED_BY.in_(language, who=one.drafted_by))
    if one.signed_by and one.signed_on:
        day = full_day(one.signed_on, today, language)
        parts.append(_SIGNED_BY.in_(language, who=one.signed_by.name, day=day))
    elif one.state == "drafted":
        parts.append(_TO_BE_SIGNED.in_(language, who=maker))
    if one.published_on:
        words = _PUBLISHED_ON if one.state == "published" else _LATEST_ON
        parts.append(words.in_(language, day=full_day(one.published_on, today, language)))
    return " · ".join(parts)


def _step(progress: str, note: str | None, on: date, today: date, language: Language) -> Said:
    words = _STEP.in_(
        language, day=full_day(on, today, language), progress=say(PROGRESS, progress, language)
    )
    said = f"{words}. {note}" if note else words
    return signed(Said(said, "done")) if progress == "done" else Said(f"· {said}")


def why_not_signed(one: DecisionView, language: Language) -> Said | None:
    """Why there is nothing to sign, if there is nothing."""
    if one.state == "drafted":
        return None
    if one.state == "awaiting":
        return Said(_NOTHING_TO_SIGN.in_(language), "attention")
    who = one.signed_by.name if one.signed_by else "?"
    return Said(_ALREADY.in_(language, who=who), "done")


def signing(one: DecisionView, maker: str, today: date, language: Language) -> str:
    """Exactly what a signature does."""
    sentence = _SIGN.in_(
        language,
        who=maker,
        title=elide(one.title, 80),
        outcome=say(OUTCOME, one.outcome or "", language),
        reason=elide(one.reason or "", _REASON_SHOWN),
    )
    if one.next_step and one.due_on:
        sentence += _SIGN_NEXT.in_(
            language,
            step=elide(one.next_step, 80),
            day=full_day(one.due_on, today, language),
            owner=one.owner,
        )
    return sentence + _SIGN_THEN.in_(language)


def meanwhile(one: DecisionView, language: Language) -> str:
    """What somebody else wrote while this person was writing."""
    return _MEANWHILE.in_(
        language,
        who=one.drafted_by or "?",
        outcome=say(OUTCOME, one.outcome or "", language),
        reason=elide(one.reason or "", 60),
    )


def steps_after(one: DecisionView) -> tuple[str, ...]:
    """What may be recorded now; nothing while nothing is followed."""
    if not one.published_on or one.outcome not in KEPT:
        return ()
    return STEPS[one.follow_up[-1].progress if one.follow_up else ""]


def why_not_followed(one: DecisionView, language: Language) -> Said | None:
    if steps_after(one):
        return None
    if one.follow_up and one.follow_up[-1].progress == "done":
        return Said(_FOLLOWED_TO_THE_END.in_(language), "done")
    return Said(_NOT_FOLLOWED.in_(language), "attention")
