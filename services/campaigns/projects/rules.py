"""A project and its mandate: what must be said before anybody may be asked anything."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from services.runtime.refusal import Refusal
from services.runtime.text import Language, Text

# Also the fields' names on the screens and in the sheets.
FIELD_NAMES: dict[str, Text] = {
    "title": Text(fr="l'intitulé", en="the title"),
    "nature": Text(fr="la nature du projet", en="the nature of the project"),
    "why": Text(fr="la raison de son lancement", en="why it is launched"),
    "stakes": Text(fr="les enjeux", en="what is at stake"),
    "objectives": Text(fr="les objectifs", en="the objectives"),
    "purpose": Text(fr="ce à quoi il servira", en="what it will serve"),
    "decision_maker.name": Text(fr="le nom du décideur", en="the name of who decides"),
    "decision_maker.role": Text(fr="la fonction du décideur", en="the role of who decides"),
    "decision_maker.account": Text(
        fr="le compte du décideur", en="the account of the decision maker"
    ),
    "who": Text(fr="qui peut participer", en="who can take part"),
    "how": Text(fr="comment participer", en="how to take part"),
    "recruitment_ends_on": Text(fr="la fin du recrutement", en="the end of recruitment"),
    "collection_ends_on": Text(fr="la fin du recueil", en="the end of collection"),
    "compensation.terms": Text(
        fr="les conditions de la compensation", en="the terms of the compensation"
    ),
    "compensation.reference": Text(
        fr="la référence du mandat qui prévoit la compensation",
        en="the reference of the mandate that provides for the compensation",
    ),
}

_NEXT = {
    "draft": {"published", "abandoned"},
    "published": {"open", "abandoned"},
    "open": {"recruited"},
    "recruited": {"collected"},
    "collected": {"reporting"},
    "reporting": {"closed"},
    "closed": {"reporting"},
    "abandoned": set(),
}

STATE_NAMES: dict[str, Text] = {
    "draft": Text(fr="un brouillon", en="a draft"),
    "published": Text(fr="publié", en="published"),
    "open": Text(fr="ouvert", en="open"),
    "recruited": Text(fr="au complet (recrutement terminé)", en="recruited"),
    "collected": Text(fr="recueilli", en="collected"),
    "reporting": Text(fr="en cours de restitution", en="reporting"),
    "closed": Text(fr="clos", en="closed"),
    "abandoned": Text(fr="abandonné", en="abandoned"),
}


class MandateIncomplete(Refusal):
    sentence = Text(
        fr="Le mandat est incomplet : il manque {count} élément(s).",
        en="The mandate is incomplete: {count} element(s) missing.",
    )
    way_out = Text(
        fr="Complétez la fiche du projet, puis recommencez.",
        en="Complete the project sheet, then try again.",
    )

    def __init__(self, missing: list[str]) -> None:
        super().__init__(count=len(missing), missing=missing)
        self.missing = missing

    def details(self, language: Language) -> list[str]:
        return [FIELD_NAMES[field].in_(language) for field in self.missing]


class DatesOutOfOrder(Refusal):
    sentence = Text(
        fr="Le recrutement finit le {recruitment}, après la fin du recueil ({collection}).",
        en="Recruitment ends on {recruitment}, after the end of collection ({collection}).",
    )
    way_out = Text(fr="Corrigez l'une des deux dates.", en="Correct one of the two dates.")


class RecruitmentOver(Refusal):
    sentence = Text(
        fr="Le recrutement de « {title} » s'est terminé le {ended_on}.",
        en="Recruitment for “{title}” ended on {ended_on}.",
    )
    way_out = Text(
        fr="Préparez un nouveau projet avec une date de fin de recrutement à venir.",
        en="Prepare a new project whose recruitment ends in the future.",
    )


class ProjectRefuses(Refusal):
    """The project's state does not allow what was asked."""

    sentence = Text(
        fr="« {title} » est {state_fr} : cela n'est plus possible.",
        en="“{title}” is {state_en}: this is no longer possible.",
    )

    def __init__(self, project: "Project") -> None:
        name = STATE_NAMES[project.state]
        super().__init__(title=project.title, state_fr=name.fr, state_en=name.en)


class SameDecisionMaker(Refusal):
    sentence = Text(
        fr="{name} décide déjà, avec cette fonction et ce compte.",
        en="{name} decides already, in this role and with this account.",
    )


class ProjectNotPublished(Refusal):
    sentence = Text(fr="« {title} » n'est pas encore publié.", en="“{title}” is not published yet.")
    way_out = Text(
        fr="Complétez son mandat et publiez-le.", en="Complete its mandate and publish it."
    )

    def __init__(self, title: str, missing: list[str]) -> None:
        super().__init__(title=title)
        self.missing = missing

    def details(self, language: Language) -> list[str]:
        return [FIELD_NAMES[field].in_(language) for field in self.missing]


class NobodyCouldAnswer(Refusal):
    sentence = Text(
        fr="« {title} » ne donne plus de jetons anonymes, car ses données ont dû être rétablies :"
        " personne ne pourrait y répondre.",
        en="“{title}” gives out no more anonymous credentials, as its data had to be restored:"
        " nobody could answer.",
    )
    way_out = Text(fr="Publiez un nouveau projet.", en="Publish a new project.")


class CollectionNotReady(Refusal):
    sentence = Text(
        fr="Le recueil de « {title} » n'est pas prêt : son questionnaire manque.",
        en="The collection of “{title}” is not ready: its questionnaire is missing.",
    )
    way_out = Text(
        fr="Écrivez le questionnaire, puis lancez la campagne.",
        en="Write the questionnaire, then launch the campaign.",
    )


@dataclass(frozen=True)
class Roster:
    """A project's people on the day its recruitment ends: asked, and taking part."""

    asked: int
    joined: int


@dataclass(frozen=True)
class Committed:
    """A launched campaign's seed, hexadecimal, and the hash that was published before the draw."""

    commitment: str
    seed: str


@dataclass(frozen=True)
class MandateChange:
    """Who decides from a version of the project on, and who did before; as everybody may know."""

    version: int
    name: str
    role: str
    account: str
    name_before: str
    role_before: str
    account_before: str
    reason: str
    changed_on: date


@dataclass(frozen=True)
class Project:
    """One thing the administration wants opinion on, with its mandate; as stored."""

    id: UUID
    version: int
    state: str
    title: str
    nature: str
    why: str
    stakes: str
    objectives: str
    purpose: str
    decision_maker_name: str
    decision_maker_role: str
    # Empty in drafts, and in mandates that were published before accounts were named.
    decision_maker_account: str
    who: str
    how: str
    compensation_terms: str | None
    compensation_reference: str | None
    recruitment_ends_on: date | None
    collection_ends_on: date | None
    places: int | None
    free_places: int | None
    anonymity_floor: int
    asked: int | None
    joined: int | None
    ended_early_reason: str | None
    credential_key: dict[str, str] | None
    credentials_issued: int | None
    report_version: int | None = None
    report_duties: dict[str, int] | None = None

    @property
    def missing(self) -> list[str]:
        """The fields without which nobody may be asked, in the mandate's order."""
        said = {
            "title": self.title,
            "nature": self.nature,
            "why": self.why,
            "stakes": self.stakes,
            "objectives": self.objectives,
            "purpose": self.purpose,
            "decision_maker.name": self.decision_maker_name,
            "decision_maker.role": self.decision_maker_role,
            "decision_maker.account": self.decision_maker_account,
            "who": self.who,
            "how": self.how,
        }
        if self.compensation_terms is not None:
            said["compensation.terms"] = self.compensation_terms
            said["compensation.reference"] = self.compensation_reference or ""
        blank = [field for field, text in said.items() if not text.strip()]
        dates = {
            "recruitment_ends_on": self.recruitment_ends_on,
            "collection_ends_on": self.collection_ends_on,
        }
        return blank + [field for field, day in dates.items() if day is None]

    def recruits_on(self, today: date) -> bool:
        """The last day of recruitment counts."""
        return self.recruitment_ends_on is not None and today <= self.recruitment_ends_on

    def collects_on(self, today: date) -> bool:
        """Whether participants may answer; the last day counts."""
        ends_on = self.collection_ends_on
        return self.state in ("open", "recruited") and ends_on is not None and today <= ends_on

    def publish(self, today: date, credential_key: dict[str, str]) -> "Project":
        """From now on everybody knows the one key (a JWK) that signs this project's credentials.

        Raises ProjectRefuses, MandateIncomplete, DatesOutOfOrder, RecruitmentOver."""
        self._must_allow("published")
        if missing := self.missing:
            raise MandateIncomplete(missing)
        assert self.recruitment_ends_on is not None
        assert self.collection_ends_on is not None
        if self.recruitment_ends_on > self.collection_ends_on:
            raise DatesOutOfOrder(
                recruitment=self.recruitment_ends_on, collection=self.collection_ends_on
            )
        self._must_recruit(today)
        return replace(self._move("published"), credential_key=credential_key)

    def edit(self, sheet: "Project") -> "Project":
        """Only a draft: what was published is what people were told. Raises ProjectRefuses."""
        if self.state != "draft":
            raise ProjectRefuses(self)
        return replace(sheet, id=self.id, version=self.version + 1, state="draft")

    def abandon(self) -> "Project":
        """Raises ProjectRefuses once somebody may have been asked."""
        self._must_allow("abandoned")
        return self._move("abandoned")

    def launch(self, today: date, collection: str | None) -> "Project":
        """Every launch is a new version, as it commits to a new draw.

        Raises ProjectNotPublished, ProjectRefuses, RecruitmentOver, CollectionNotReady.
        """
        if self.state == "draft":
            raise ProjectNotPublished(self.title, self.missing)
        if self.state != "open":
            self._must_allow("open")
        self._must_recruit(today)
        if collection != "ready":
            raise CollectionNotReady(title=self.title)
        return self._move("open")

    def end_recruitment(self, roster: Roster) -> "Project":
        """The roster is frozen: from now on its numbers are public."""
        self._must_allow("recruited")
        return replace(self._move("recruited"), asked=roster.asked, joined=roster.joined)

    def end_collection(self, issued: int | None) -> "Project":
        """Issuing is over with it: from now on the number of credentials is public. None where
        nobody knows it any more."""
        self._must_allow("collected")
        return replace(self._move("collected"), credentials_issued=issued)

    @property
    def shows_its_seeds(self) -> bool:
        """Once nobody can be drawn any more, anybody may draw again and compare."""
        return self.state in ("recruited", "collected", "reporting", "closed")

    def change_decision_maker(self, name: str, role: str, account: str) -> "Project":
        """Of a published mandate that is still to be answered for.

        Raises ProjectRefuses, SameDecisionMaker."""
        if self.state in ("draft", "abandoned", "closed"):
            raise ProjectRefuses(self)
        if (name, role, account) == (
            self.decision_maker_name,
            self.decision_maker_role,
            self.decision_maker_account,
        ):
            raise SameDecisionMaker(name=name)
        return replace(
            self._move(self.state),
            decision_maker_name=name,
            decision_maker_role=role,
            decision_maker_account=account,
        )

    def end_early(self, today: date, reason: str) -> "Project":
        """Today is the last day, of recruitment too; a report is owed as ever.

        Raises ProjectRefuses: nobody was asked yet, or collection is over."""
        if self.state not in ("open", "recruited") or self.ended_early_reason:
            raise ProjectRefuses(self)
        assert self.recruitment_ends_on is not None
        assert self.collection_ends_on is not None
        return replace(
            self._move(self.state),
            recruitment_ends_on=min(self.recruitment_ends_on, today),
            collection_ends_on=min(self.collection_ends_on, today),
            ended_early_reason=reason,
        )

    def begin_reporting(self, report_version: int) -> "Project":
        """Also once more, when a higher version of the report is owed anew.

        Raises ProjectRefuses."""
        if self.state not in ("collected", "reporting", "closed"):
            raise ProjectRefuses(self)
        if report_version <= (self.report_version or 0):
            raise ProjectRefuses(self)
        return replace(self._move("reporting"), report_version=report_version, report_duties=None)

    def _must_allow(self, state: str) -> None:
        if state not in _NEXT[self.state]:
            raise ProjectRefuses(self)

    def _must_recruit(self, today: date) -> None:
        if not self.recruits_on(today) or self.ended_early_reason:
            raise RecruitmentOver(title=self.title, ended_on=self.recruitment_ends_on)

    def _move(self, state: str) -> "Project":
        return replace(self, state=state, version=self.version + 1)
