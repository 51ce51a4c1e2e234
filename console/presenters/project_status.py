"""Progress of projects towards their report: decisions due, blockers, effect of publication."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from console.presenters.styled_text import Phrase
from console.words import Count, Language, Text, number, short_day

if TYPE_CHECKING:
    from services.contracts.http.campaigns import ProjectView
    from services.contracts.http.feedback import ProjectAccount, ProjectStanding

_COLLECTING = Text(fr="recueil → {day}", en="collecting → {day}")
_TO_READ = Text(fr="à lire : {n}", en="to read: {n}")
_TO_SYNTHESISE = Text(fr="synthèse à faire", en="synthesis to make")
_SIGNED = Text(fr="signées {n}/{all}", en="signed {n}/{all}")
_TO_PUBLISH = Text(fr="retour à publier", en="report to publish")
_LEAVING = Text(fr="retour en envoi", en="report leaving")
_REVISING = Text(fr="révision en cours", en="being revised")
_CLOSED = Text(fr="clos, retour fait", en="closed, report made")
_ABANDONED = Text(fr="abandonné", en="abandoned")
_OVERDUE = Count(
    Text(fr="{n} décision en retard ({{who}})", en="{n} decision overdue ({{who}})"),
    Text(fr="{n} décisions en retard ({{who}})", en="{n} decisions overdue ({{who}})"),
)
_DUE = Count(
    Text(fr="{n} décision avant le {{day}}", en="{n} decision due by {{day}}"),
    Text(fr="{n} décisions avant le {{day}}", en="{n} decisions due by {{day}}"),
)
_TO_TAKE = Count(
    Text(fr="{n} décision à prendre", en="{n} decision to take"),
    Text(fr="{n} décisions à prendre", en="{n} decisions to take"),
)
_STILL_TO_SEND = Count(
    Text(fr="{n} retour à envoyer", en="{n} report still to send"),
    Text(fr="{n} retours à envoyer", en="{n} reports still to send"),
)
_ON_TIME = Text(fr="les retours sont à l'heure", en="reports on time")
_LATE = Count(
    Text(fr="retours : {n} décision en retard", en="reports: {n} decision overdue"),
    Text(fr="retours : {n} décisions en retard", en="reports: {n} decisions overdue"),
)
_BLOCKED = Text(fr="Avant la fin : {what}.", en="Before the end: {what}.")
_IS_CLOSED = Text(
    fr="Clos : plus aucun retour n'est dû.",
    en="Closed: no report is owed any more.",
)
_IS_ABANDONED = Text(fr="Ce projet est abandonné.", en="This project is abandoned.")
_STOPS = Text(fr="Avant de publier : {what}.", en="Before publishing: {what}.")
_NOTHING_STOPS = Text(
    fr="Rien n'empêche plus de publier : p.", en="Nothing prevents the publication any more: p."
)
_SAYS_ALL = Text(
    fr="Le retour publié contient toutes les décisions signées.",
    en="The published report contains every signed decision.",
)
_FIRST_REPORT = Count(
    Text(
        fr="Le retour et {n} décision deviennent publics",
        en="The report and {n} decision become public",
    ),
    Text(
        fr="Le retour et {n} décisions deviennent publics",
        en="The report and {n} decisions become public",
    ),
)
_NEXT_REPORT = Count(
    Text(
        fr="Une nouvelle version du retour et {n} décision révisée deviennent publiques",
        en="A new version of the report and {n} revised decision become public",
    ),
    Text(
        fr="Une nouvelle version du retour et {n} décisions révisées deviennent publiques",
        en="A new version of the report and {n} revised decisions become public",
    ),
)
_NEXT_SUMMARY = Text(
    fr="Une nouvelle version du retour devient publique",
    en="A new version of the report becomes public",
)
_NOTICES = Count(
    Text(
        fr=" ; {n} participant recevra un avis avec le lien. Ce qui est publié reste public :"
        " on révise, on n'efface pas.",
        en="; {n} participant will get a notice with the link. What is published stays public: it"
        " is revised, not deleted.",
    ),
    Text(
        fr=" ; {n} participants recevront un avis avec le lien. Ce qui est publié reste public :"
        " on révise, on n'efface pas.",
        en="; {n} participants will get a notice with the link. What is published stays public: it"
        " is revised, not deleted.",
    ),
)


def undecided(status: ProjectStanding) -> int:
    """Listed proposals without a signed decision; 0 before the synthesis lists any."""
    if status.collection != "synthesised":
        return 0
    return max((status.proposals or 0) - status.signed, 0)


def where(status: ProjectStanding, language: Language) -> Phrase:
    """A few words for a table's cell."""
    if status.state == "closed" and status.blocked_by:
        return Phrase(_REVISING.in_(language), "attention")
    if status.state == "closed":
        return Phrase(_CLOSED.in_(language), "done")
    if status.state == "abandoned":
        return Phrase(_ABANDONED.in_(language), "dim")
    if status.report_version is not None:
        return Phrase(_LEAVING.in_(language))
    if status.collection == "synthesised":
        if undecided(status):
            all_, signed = number(status.proposals or 0, language), number(status.signed, language)
            return Phrase(_SIGNED.in_(language, n=signed, all=all_), "attention")
        return Phrase(_TO_PUBLISH.in_(language), "attention")
    if status.state in ("collected", "reporting"):
        if status.unread:
            return Phrase(_TO_READ.in_(language, n=number(status.unread, language)), "attention")
        return Phrase(_TO_SYNTHESISE.in_(language), "attention")
    return Phrase(
        _COLLECTING.in_(language, day=short_day(status.collection_ends_on, language)), "dim"
    )


def in_order(statuses: Iterable[ProjectStanding]) -> list[ProjectStanding]:
    """Late ones, then what waits for a person, then what is still collected; closed ones last."""

    def key(status: ProjectStanding) -> tuple[int, date, str]:
        finished = status.state == "abandoned" or (
            status.state == "closed" and not status.blocked_by
        )
        rank = 3 if finished else 0 if status.overdue else 1 if status.state in _AFTER else 2
        return rank, status.decide_by or status.collection_ends_on, status.title

    return sorted(statuses, key=key)


_AFTER = ("collected", "reporting")


def blocked(status: ProjectStanding, language: Language) -> Phrase:
    """Blockers between a project and its end, as one sentence."""
    reasons = _joined(status.blocked_by, language)
    if not reasons and status.state == "abandoned":
        return Phrase(_IS_ABANDONED.in_(language), "dim")
    if not reasons:
        return Phrase(_IS_CLOSED.in_(language), "done")
    return Phrase(_BLOCKED.in_(language, what=reasons), "attention")


def _joined(lines: Iterable[str], language: Language) -> str:
    """One sentence to be, whose full stop its last name may bring already."""
    return (" ; " if language == "fr" else "; ").join(lines).removesuffix(".")


def stops(account: ProjectAccount, lines: Iterable[str], language: Language) -> Phrase:
    """Blockers of a publication, as one sentence."""
    reasons = _joined(lines, language)
    if reasons:
        return Phrase(_STOPS.in_(language, what=reasons), "attention")
    news = any(decision.state == "signed" for decision in account.decisions)
    if account.report.published_version is not None and not news:
        return Phrase(_SAYS_ALL.in_(language), "done")
    return Phrase(_NOTHING_STOPS.in_(language), "done")


def need(status: ProjectStanding, owed: int, language: Language) -> Phrase | None:
    """Task that a project has for staff, for the list at home. `owed`: reports still to be sent, as
    campaigns counts them exactly; its events round to fives."""
    if status.state == "closed" and status.blocked_by:
        return Phrase(status.blocked_by[0], "attention")
    if status.state not in _AFTER:
        return None
    if status.overdue:
        sentence = _OVERDUE.say(status.overdue, language).format(who=status.decision_maker)
    elif status.report_version is not None:
        if not owed:
            return None
        sentence = _STILL_TO_SEND.say(owed, language)
    elif remaining := undecided(status):
        if status.decide_by:
            sentence = _DUE.say(remaining, language).format(
                day=short_day(status.decide_by, language)
            )
        else:
            sentence = _TO_TAKE.say(remaining, language)
    elif status.collection == "synthesised":
        sentence = _TO_PUBLISH.in_(language)
    else:
        return None
    return Phrase(sentence, "attention")


def promise(statuses: Iterable[ProjectStanding], language: Language) -> Phrase:
    """Whether everybody gets their answer when it was promised."""
    late = sum(status.overdue for status in statuses)
    if late:
        return Phrase(_LATE.say(late, language), "trouble")
    return Phrase(_ON_TIME.in_(language), "done")


def participants(project: ProjectView) -> int:
    """Number of people who get the notice: from the duties of the previous report, else
    participants."""
    duties = project.report_duties
    if duties:
        return duties.owed + duties.sent + duties.undeliverable
    counts = project.counts
    return max(counts.accepted - counts.left - counts.waitlisted, 0)


def publication(account: ProjectAccount, project: ProjectView, language: Language) -> str:
    """Exactly what publishing does, with its numbers."""
    decisions = sum(decision.state == "signed" for decision in account.decisions)
    if account.report.published_version is None:
        subject = _FIRST_REPORT.say(decisions, language)
    elif decisions:
        subject = _NEXT_REPORT.say(decisions, language)
    else:
        subject = _NEXT_SUMMARY.in_(language)
    return subject + _NOTICES.say(participants(project), language)
