"""When proposals may change, be merged, and be listed in a synthesis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.responses.collections.rules import CollectionPhase
from services.runtime.refusal import NotFound, Refusal
from services.runtime.text import Language, Text

# Trigram similarity from which two drafts are shown side by side.
LEAST_SIMILARITY = 0.4


class ProposalPhase(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    MERGED = "merged"


class ProposalFinal(Refusal):
    sentence = Text(
        fr="« {title} » ne change plus : cette proposition a été {what_fr}.",
        en="“{title}” no longer changes: this proposal was {what_en}.",
    )


class ProposalChanged(Refusal):
    sentence = Text(
        fr="« {title} » a changé entre-temps : la version {current} n'est pas celle que vous avez"
        " lue ({read}).",
        en="“{title}” was changed in the meantime: version {current} is not the one you read"
        " ({read}).",
    )
    way_out = Text(
        fr="Relisez la proposition, puis recommencez ; ce que vous avez tapé n'est pas perdu.",
        en="Read the proposal again, then try once more; what you typed is not lost.",
    )


class NotMerged(Refusal):
    sentence = Text(
        fr="« {title} » n'est réunie à aucune autre : il n'y a rien à séparer.",
        en="“{title}” is not merged into another: there is nothing to undo.",
    )


class MergedIntoItself(Refusal):
    status = 422
    sentence = Text(
        fr="Une proposition ne peut pas être réunie à elle-même.",
        en="A proposal cannot be merged into itself.",
    )


class SurvivorUnknown(Refusal):
    status = 422
    sentence = Text(
        fr="La proposition {what} n'appartient pas à ce projet.",
        en="Proposal {what} does not belong to this project.",
    )


class SynthesisBlocked(Refusal):
    """Its details name the obstacles one by one."""

    sentence = Text(
        fr="La synthèse n'est pas encore possible.", en="The synthesis is not possible yet."
    )

    def __init__(self, obstacles: Sequence["Obstacle"]) -> None:
        super().__init__()
        self._obstacles = obstacles

    def details(self, language: Language) -> list[str]:
        return [obstacle.message(language) for obstacle in self._obstacles]


class ListDiffers(Refusal):
    """Its details name the proposals that were added, changed or merged since the list was read."""

    sentence = Text(
        fr="La liste ne correspond plus aux propositions actuelles.",
        en="The list no longer matches the current proposals.",
    )
    way_out = Text(
        fr="Relisez le tableau des propositions, puis recommencez.",
        en="Read the board of proposals again, then try once more.",
    )

    def __init__(self, differences: Sequence["Obstacle"]) -> None:
        super().__init__()
        self._differences = differences

    def details(self, language: Language) -> list[str]:
        return [difference.message(language) for difference in self._differences]


@dataclass(frozen=True)
class Draft:
    title: str
    text: str
    theme: str | None


@dataclass(frozen=True)
class LockedProposal:
    """A proposal under its row lock."""

    id: UUID
    project_id: UUID
    version: int
    state: ProposalPhase
    title: str

    def __post_init__(self) -> None:
        """The database returns a text."""
        object.__setattr__(self, "state", ProposalPhase(self.state))


@dataclass(frozen=True)
class Obstacle:
    """A reason against a synthesis, said in the reader's language."""

    sentence: Text
    data: Mapping[str, str | int | date | UUID]

    def message(self, language: Language) -> str:
        return self.sentence.in_(language, **self.data)


_STILL_COLLECTING = Text(
    fr="Le recueil court encore, jusqu'au {day}.",
    en="Responses are still taken, until {day}.",
)
_NOT_ENDED = Text(
    fr="Les dernières réponses ne sont pas encore ouvertes.",
    en="The last responses are not opened yet.",
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
    ProposalPhase.SUBMITTED: Text(fr="remise avec la synthèse", en="submitted with the synthesis"),
    ProposalPhase.MERGED: Text(fr="réunie à une autre", en="merged into another"),
}


def refuse_unless_draft(proposal: LockedProposal, version_read: int) -> None:
    """Raises ProposalFinal, ProposalChanged."""
    if proposal.state is not ProposalPhase.DRAFT:
        reason = _FINAL[proposal.state]
        raise ProposalFinal(title=proposal.title, what_fr=reason.fr, what_en=reason.en)
    _refuse_if_changed(proposal, version_read)


def refuse_unless_mergeable(
    id: UUID, survivor_id: UUID, version_read: int, proposals: Mapping[UUID, LockedProposal]
) -> None:
    """Both must be drafts of one project, so that merges cannot form a circle.

    Raises NotFound, MergedIntoItself, SurvivorUnknown, ProposalFinal, ProposalChanged."""
    if id not in proposals:
        raise NotFound(what=id)
    if id == survivor_id:
        raise MergedIntoItself
    survivor = proposals.get(survivor_id)
    if survivor is None or survivor.project_id != proposals[id].project_id:
        raise SurvivorUnknown(what=survivor_id)
    refuse_unless_draft(proposals[id], version_read)
    refuse_unless_draft(survivor, survivor.version)


def refuse_unless_separable(proposal: LockedProposal, version_read: int) -> None:
    """Raises NotMerged, ProposalChanged."""
    if proposal.state is not ProposalPhase.MERGED:
        raise NotMerged(title=proposal.title)
    _refuse_if_changed(proposal, version_read)


def obstacles(
    state: CollectionPhase,
    project_is_over: bool,
    ends_on: date,
    unread: int,
    unsupported: Sequence[str],
) -> list[Obstacle]:
    """The obstacles to a synthesis; `unsupported` are titles of drafts without contributions."""
    result = []
    if not project_is_over:
        result.append(Obstacle(_STILL_COLLECTING, {"day": ends_on}))
    elif state == CollectionPhase.READY:
        result.append(Obstacle(_NOT_ENDED, {}))
    if unread:
        result.append(Obstacle(_UNREAD, {"n": unread}))
    result += [Obstacle(_UNSUPPORTED, {"title": title}) for title in unsupported]
    return result


def refuse_unless_listed(
    listed: Sequence[tuple[UUID, int]], drafts: Mapping[UUID, tuple[int, str]]
) -> None:
    """The list must hold every draft, each at its current version, and nothing else.

    `listed`: id and version; `drafts`: version and title by id. Raises ListDiffers."""
    listed_versions = dict(listed)
    differences = [
        Obstacle(_NOT_LISTED, {"title": title, "version": version})
        for id, (version, title) in drafts.items()
        if listed_versions.get(id) != version
    ]
    differences += [
        Obstacle(_NO_DRAFT, {"id": id, "version": version})
        for id, version in listed
        if id not in drafts or drafts[id][0] != version
    ]
    if differences:
        raise ListDiffers(differences)


def _refuse_if_changed(proposal: LockedProposal, version_read: int) -> None:
    if proposal.version != version_read:
        raise ProposalChanged(title=proposal.title, current=proposal.version, read=version_read)
