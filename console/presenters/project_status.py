"""Where projects stand on the way to their report, what waits for whom, what publishing does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from console.presenters.styled_text import Said
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
    fr="Rien n'empêche plus de publier : p.", en="Nothing stops the publication any more: p."
)
_SAYS_ALL = Text(
    fr="Le retour publié dit tout ce qui est signé.",
    en="The published report says all that is signed.",
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
        fr=" ; {n} participant recevra un avis avec le lien. Ce qui est publié le reste : on"
        " révise, on n'efface pas.",
        en="; {n} participant will get a notice with the link. What is published stays so: it is"
        " revised, not deleted.",
    ),
    Text(
        fr=" ; {n} participants recevront un avis avec le lien. Ce qui est publié le reste : on"
        " révise, on n'efface pas.",
        en="; {n} participants will get a notice with the link. What is published stays so: it is"
        " revised, not deleted.",
    ),
)


def undecided(one: ProjectStanding) -> int:
    """Listed proposals without a signed decision; 0 before the synthesis lists any."""
    if one.collection != "synthesised":
        return 0
    return max((one.proposals or 0) - one.signed, 0)


def where(one: ProjectStanding, language: Language) -> Said:
    """A few words for a table's cell."""
    if one.state == "closed" and one.blocked_by:
        return Said(_REVISING.in_(language), "attention")
    if one.state == "closed":
        return Said(_CLOSED.in_(language), "done")
    if one.state == "abandoned":
        return Said(_ABANDONED.in_(language), "dim")
    if one.report_version is not None:
        return Said(_LEAVING.in_(language))
    if one.collection == "synthesised":
        if undecided(one):
            all_, signed = number(one.proposals or 0, language), number(one.signed, language)
            return Said(_SIGNED.in_(language, n=signed, all=all_), "attention")
        return Said(_TO_PUBLISH.in_(language), "attention")
    if one.state in ("collected", "reporting"):
        if one.unread:
            return Said(_TO_READ.in_(language, n=number(one.unread, language)), "attention")
        return Said(_TO_SYNTHESISE.in_(language), "attention")
    return Said(_COLLECTING.in_(language, day=short_day(one.collection_ends_on, language)), "dim")


def in_order(standings: Iterable[ProjectStanding]) -> list[ProjectStanding]:
    """Late ones, then what waits for a person, then what is still collected; closed ones last."""

    def key(one: ProjectStanding) -> tuple[int, date, str]:
        finished = one.state == "abandoned" or (one.state == "closed" and not one.blocked_by)
        rank = 3 if finished else 0 if one.overdue else 1 if one.state in _AFTER else 2
        return rank, one.decide_by or one.collection_ends_on, one.title

    return sorted(standings, key=key)


_AFTER = ("collected", "reporting")


def blocked(one: ProjectStanding, language: Language) -> Said:
    """What stands between a project and its end, as one sentence."""
    said = _joined(one.blocked_by, language)
    if not said and one.state == "abandoned":
        return Said(_IS_ABANDONED.in_(language), "dim")
    if not said:
        return Said(_IS_CLOSED.in_(language), "done")
    return Said(_BLOCKED.in_(language, what=said), "attention")


def _joined(lines: Iterable[str], language: Language) -> str:
    """One sentence to be, whose full stop its last name may bring already."""
    return (" ; " if language == "fr" else "; ").join(lines).removesuffix(".")


def stops(account: ProjectAccount, lines: Iterable[str], language: Language) -> Said:
    """What would stop a publication now."""
    said = _joined(lines, language)
    if said:
        return Said(_STOPS.in_(language, what=said), "attention")
    news = any(one.state == "signed" for one in account.decisions)
    if account.report.published_version is not None and not news:
        return Said(_SAYS_ALL.in_(language), "done")
    return Said(_NOTHING_STOPS.in_(language), "done")


def need(one: ProjectStanding, owed: int, language: Language) -> Said | None:
    """What waits for somebody in this project, for the list at home; `owed` reports are still to
    be sent, as campaigns counts them: what it tells the others is in fives."""
    if one.state == "closed" and one.blocked_by:
        return Said(one.blocked_by[0], "attention")
    if one.state not in _AFTER:
        return None
    if one.overdue:
        words = _OVERDUE.say(one.overdue, language).format(who=one.decision_maker)
    elif one.report_version is not None:
        if not owed:
            return None
        words = _STILL_TO_SEND.say(owed, language)
    elif left := undecided(one):
        if one.decide_by:
            words = _DUE.say(left, language).format(day=short_day(one.decide_by, language))
        else:
            words = _TO_TAKE.say(left, language)
    elif one.collection == "synthesised":
        words = _TO_PUBLISH.in_(language)
    else:
        return None
    return Said(words, "attention")


def promise(standings: Iterable[ProjectStanding], language: Language) -> Said:
    """Whether everybody gets their answer when it was promised."""
    late = sum(one.overdue for one in standings)
    if late:
        return Said(_LATE.say(late, language), "trouble")
    return Said(_ON_TIME.in_(language), "done")


def participants(project: ProjectView) -> int:
    """Who gets the notice: as the duties of the report before say, or who takes part."""
    duties = project.report_duties
    if duties:
        return duties.owed + duties.sent + duties.undeliverable
    counts = project.counts
    return max(counts.accepted - counts.left - counts.waitlisted, 0)


def publication(account: ProjectAccount, project: ProjectView, language: Language) -> str:
    """Exactly what publishing does, with its numbers."""
    decisions = sum(one.state == "signed" for one in account.decisions)
    if account.report.published_version is None:
        subject = _FIRST_REPORT.say(decisions, language)
    elif decisions:
        subject = _NEXT_REPORT.say(decisions, language)
    else:
        subject = _NEXT_SUMMARY.in_(language)
    return subject + _NOTICES.say(participants(project), language)
