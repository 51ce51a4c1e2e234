"""One decision in words: where it stands, what it says, what signing it does, what came of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from console.client.vocabulary import DECISION, OUTCOME, PROGRESS, label_of
from console.presenters.styled_text import Phrase, with_sign
from console.words import Count, Language, Text, elide, full_day, short_day

if TYPE_CHECKING:
    from services.contracts.http.feedback import DecisionView

KEPT = frozenset({"retained", "partly"})
# Allowed next steps of follow-up by the latest one; "" before the first.
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
    en="Nothing to sign yet: somebody other than you drafts the decision (e), then you sign it.",
)
_NOT_FOLLOWED = Text(
    fr="Le suivi commence quand une décision qui retient la proposition est publiée.",
    en="Follow-up starts once a decision that retains the proposal is published.",
)
_FOLLOWED_TO_THE_END = Text(
    fr="C'est fait, et c'est dit : plus rien ne s'ajoute à ce suivi.",
    en="It is done and published: nothing more is added to this follow-up.",
)
_MEANWHILE = Text(
    fr="Changée entre-temps par {who} : {outcome}, « {reason} ». Enregistrer la remplace.",
    en="Changed meanwhile by {who}: {outcome}, “{reason}”. Saving replaces it.",
)


def state(decision: DecisionView, language: Language) -> Phrase:
    revision = _REVISION.get(decision.state) if decision.published_on else None
    sentence = revision.in_(language) if revision else label_of(DECISION, decision.state, language)
    match decision.state:
        case "awaiting" | "drafted":
            return Phrase(sentence, "attention")
        case "published":
            return Phrase(sentence, "done")
    return Phrase(sentence)


def outcome(decision: DecisionView, language: Language) -> Phrase:
    if decision.outcome is None:
        return Phrase("–", "dim")
    return Phrase(
        label_of(OUTCOME, decision.outcome, language), "strong" if decision.outcome in KEPT else ""
    )


def what_is_due(decision: DecisionView, today: date, language: Language) -> Phrase:
    """Late, or by when, or how far it came: for a table's cell."""
    if decision.overdue_days and decision.state in ("awaiting", "drafted"):
        return Phrase(_LATE.say(decision.overdue_days, language), "attention")
    if decision.outcome not in KEPT or decision.due_on is None:
        return Phrase("–", "dim")
    due = short_day(decision.due_on, language)
    last = decision.follow_up[-1].progress if decision.follow_up else None
    if last in ("done", "given_up"):
        return Phrase(label_of(PROGRESS, last, language), "done" if last == "done" else "dim")
    if decision.state == "published" and decision.due_on < today:
        return Phrase(_WAS_DUE.in_(language, day=due), "attention")
    return Phrase(label_of(PROGRESS, last, language) if last else f"→ {due}")


def in_full(decision: DecisionView, maker: str, today: date, language: Language) -> list[Phrase]:
    """All that is known of it, a paragraph each, the decision before the proposal's words."""
    phrases: list[Phrase] = []
    if decision.outcome is None:
        phrases.append(with_sign(Phrase(_NOT_YET.in_(language), "attention")))
    else:
        verdict = label_of(OUTCOME, decision.outcome, language).capitalize()
        phrases.append(Phrase(f"{verdict} · {state(decision, language).text}", "strong"))
        phrases.append(Phrase(decision.reason or ""))
        if decision.next_step:
            phrases.append(Phrase(_NEXT.in_(language, step=decision.next_step)))
        if decision.due_on or decision.owner:
            day = full_day(decision.due_on, today, language) if decision.due_on else "–"
            phrases.append(Phrase(_BY.in_(language, day=day, owner=decision.owner or "–")))
    if (late := what_is_due(decision, today, language)).tone == "attention":
        phrases.append(with_sign(late))
    phrases += [
        Phrase(people, "dim") for people in [_people(decision, maker, today, language)] if people
    ]
    phrases += [
        _step(step.progress, step.note, step.on, today, language) for step in decision.follow_up
    ]
    return phrases


def _people(decision: DecisionView, maker: str, today: date, language: Language) -> str:
    parts = []
    if decision.drafted_by:
        parts.append(_DRAFTED_BY.in_(language, who=decision.drafted_by))
    if decision.signed_by and decision.signed_on:
        day = full_day(decision.signed_on, today, language)
        parts.append(_SIGNED_BY.in_(language, who=decision.signed_by.name, day=day))
    elif decision.state == "drafted":
        parts.append(_TO_BE_SIGNED.in_(language, who=maker))
    if decision.published_on:
        sentence = _PUBLISHED_ON if decision.state == "published" else _LATEST_ON
        parts.append(sentence.in_(language, day=full_day(decision.published_on, today, language)))
    return " · ".join(parts)


def _step(progress: str, note: str | None, on: date, today: date, language: Language) -> Phrase:
    sentence = _STEP.in_(
        language, day=full_day(on, today, language), progress=label_of(PROGRESS, progress, language)
    )
    phrase = f"{sentence}. {note}" if note else sentence
    return with_sign(Phrase(phrase, "done")) if progress == "done" else Phrase(f"· {phrase}")


def why_not_signed(decision: DecisionView, language: Language) -> Phrase | None:
    """Why there is nothing to sign, if there is nothing."""
    if decision.state == "drafted":
        return None
    if decision.state == "awaiting":
        return Phrase(_NOTHING_TO_SIGN.in_(language), "attention")
    signer = decision.signed_by.name if decision.signed_by else "?"
    return Phrase(_ALREADY.in_(language, who=signer), "done")


def signing(decision: DecisionView, maker: str, today: date, language: Language) -> str:
    """Exactly what a signature does."""
    sentence = _SIGN.in_(
        language,
        who=maker,
        title=elide(decision.title, 80),
        outcome=label_of(OUTCOME, decision.outcome or "", language),
        reason=elide(decision.reason or "", _REASON_SHOWN),
    )
    if decision.next_step and decision.due_on:
        sentence += _SIGN_NEXT.in_(
            language,
            step=elide(decision.next_step, 80),
            day=full_day(decision.due_on, today, language),
            owner=decision.owner,
        )
    return sentence + _SIGN_THEN.in_(language)


def meanwhile(decision: DecisionView, language: Language) -> str:
    """Summary of the version that somebody else saved in the meantime."""
    return _MEANWHILE.in_(
        language,
        who=decision.drafted_by or "?",
        outcome=label_of(OUTCOME, decision.outcome or "", language),
        reason=elide(decision.reason or "", 60),
    )


def steps_after(decision: DecisionView) -> tuple[str, ...]:
    """Follow-up steps that may be recorded next; none before follow-up starts."""
    if not decision.published_on or decision.outcome not in KEPT:
        return ()
    return STEPS[decision.follow_up[-1].progress if decision.follow_up else ""]


def why_not_followed(decision: DecisionView, language: Language) -> Phrase | None:
    if steps_after(decision):
        return None
    if decision.follow_up and decision.follow_up[-1].progress == "done":
        return Phrase(_FOLLOWED_TO_THE_END.in_(language), "done")
    return Phrase(_NOT_FOLLOWED.in_(language), "attention")
