"""Drafting proposals, merging them, and when all of them may be listed in a synthesis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.runtime.refusal import NotFound, Refusal
from services.runtime.text import Language, Text

# Trigram similarity from which two drafts are shown side by side.
ALIKE = 0.4


class ProposalFinal(Refusal):
    sentence = Text(
        fr="« {title} » ne change plus : cette proposition a été {what_fr}.",
        en="“{title}” no longer changes: this proposal was {what_en}.",
    )


class ProposalChanged(Refusal):
    sentence = Text(
        fr="« {title} » a changé entre-temps : la version {held} n'est pas celle que vous avez lue"
        " ({read}).",
        en="“{title}” was changed in the meantime: version {held} is not the one you read"
        " ({read}).",
    )
    way_out = Text(
        fr="Relisez la proposition, puis recommencez ; ce que vous avez tapé n'est pas perdu.",
        en="Read the proposal again, then try once more; what you typed is not lost.",
    )


class NotMerged(Refusal):
    sentence = Text(
        fr="« {title} » n'est réunie à aucune autre : il n'y a rien à défaire.",
        en="“{title}” is not merged into another: there is nothing to undo.",
    )


class MergedIntoItself(Refusal):
    status = 422
    sentence = Text(
        fr="Une proposition ne se réunit pas à elle-même.",
        en="A proposal cannot be merged into itself.",
    )


class SurvivorUnknown(Refusal):
    status = 422
    sentence = Text(
        fr="La proposition {what} n'est pas de ce projet.",
        en="Proposal {what} is not of this project.",
    )


class SynthesisBlocked(Refusal):
    """Each line says one thing that stands in the way."""

    sentence = Text(
        fr="La synthèse n'est pas encore possible.", en="The synthesis is not possible yet."
    )

    def __init__(self, blocked_by: Sequence["Line"]) -> None:
        super().__init__()
        self._blocked_by = blocked_by

    def details(self, language: Language) -> list[str]:
        return [one.message(language) for one in self._blocked_by]


class ListDiffers(Refusal):
    """Each line names a proposal that was added, changed or merged since the list was read."""

    sentence = Text(
        fr="La liste n'est pas celle des propositions telles qu'elles sont maintenant.",
        en="The list is not that of the proposals as they are now.",
    )
    way_out = Text(
        fr="Relisez le tableau des propositions, puis recommencez.",
        en="Read the board of proposals again, then try once more.",
    )

    def __init__(self, lines: Sequence["Line"]) -> None:
        super().__init__()
        self._lines = lines

    def details(self, language: Language) -> list[str]:
        return [line.message(language) for line in self._lines]


@dataclass(frozen=True)
class Draft:
    title: str
    text: str
    theme: str | None


@dataclass(frozen=True)
class Held:
    """A proposal under its row lock."""

    id: UUID
    project_id: UUID
    version: int
    state: str
    title: str


@dataclass(frozen=True)
class Line:
    """One of several things to say, in the language of who will read it."""

    sentence: Text
    data: Mapping[str, str | int | date | UUID]

    def message(self, language: Language) -> str:
        return self.sentence.in_(language, **self.data)


_STILL_COLLECTING = Text(
    fr="Le recueil court encore, jusqu'au {day}.", en="Answers are still taken, until {day}."
)
_NOT_ENDED = Text(
    fr="Les dernières réponses ne sont pas encore ouvertes.",
    en="The last answers are not opened yet.",
)
_UNREAD = Text(fr="Contributions encore à lire : {n}.", en="Contributions still to be read: {n}.")
_UNSUPPORTED = Text(
    fr="Aucune contribution n'est reliée à « {title} » : reliez-en une, ou réunissez cette"
    " proposition à une autre.",
    en="No contribution is linked to “{title}”: link one, or merge it into another.",
)
_NO_DRAFT = Text(
    fr="{id}, version {version} : ce n'est pas, ou plus, un brouillon de ce projet.",
    en="{id}, version {version}: this is not, or no longer, a draft of this project.",
)
_NOT_LISTED = Text(
    fr="« {title} », version {version} : pas dans la liste.",
    en="“{title}”, version {version}: not in the list.",
)
_FINAL = {
    "submitted": Text(fr="remise avec la synthèse", en="submitted with the synthesis"),
    "merged": Text(fr="réunie à une autre", en="merged into another"),
}


def refuse_unless_draft(held: Held, version_read: int) -> None:
    """Raises ProposalFinal, ProposalChanged."""
    if held.state != "draft":
        what = _FINAL[held.state]
        raise ProposalFinal(title=held.title, what_fr=what.fr, what_en=what.en)
    if held.version != version_read:
        raise ProposalChanged(title=held.title, held=held.version, read=version_read)


def refuse_unless_mergeable(
    id: UUID, into: UUID, version_read: int, held: Mapping[UUID, Held]
) -> None:
    """Both must be drafts of one project, so that no circle can come about.

    Raises NotFound, MergedIntoItself, SurvivorUnknown, ProposalFinal, ProposalChanged."""
    if id not in held:
        raise NotFound(what=id)
    if id == into:
        raise MergedIntoItself
    survivor = held.get(into)
    if survivor is None or survivor.project_id != held[id].project_id:
        raise SurvivorUnknown(what=into)
    refuse_unless_draft(held[id], version_read)
    refuse_unless_draft(survivor, survivor.version)


def refuse_unless_separable(held: Held, version_read: int) -> None:
    """Raises NotMerged, ProposalChanged."""
    if held.state != "merged":
        raise NotMerged(title=held.title)
    if held.version != version_read:
        raise ProposalChanged(title=held.title, held=held.version, read=version_read)


def blocked(
    state: str,
    project_is_over: bool,
    ends_on: date,
    unread: int,
    unsupported: Sequence[str],
) -> list[Line]:
    """What stands between a collection and its synthesis; `unsupported` are titles of drafts."""
    reasons = []
    if not project_is_over:
        reasons.append(Line(_STILL_COLLECTING, {"day": ends_on}))
    elif state == "ready":
        reasons.append(Line(_NOT_ENDED, {}))
    if unread:
        reasons.append(Line(_UNREAD, {"n": unread}))
    reasons += [Line(_UNSUPPORTED, {"title": title}) for title in unsupported]
    return reasons


def refuse_unless_listed(
    listed: Sequence[tuple[UUID, int]], drafts: Mapping[UUID, tuple[int, str]]
) -> None:
    """Exactly every draft (id to version and title), each at the version that was read.

    Raises ListDiffers."""
    asked = dict(listed)
    lines = [
        Line(_NOT_LISTED, {"title": title, "version": version})
        for id, (version, title) in drafts.items()
        if asked.get(id) != version
    ]
    lines += [
        Line(_NO_DRAFT, {"id": id, "version": version})
        for id, version in listed
        if id not in drafts or drafts[id][0] != version
    ]
    if lines:
        raise ListDiffers(lines)
