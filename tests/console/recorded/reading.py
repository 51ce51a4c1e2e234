"""Recorded responses: contributions, readings, proposals, and blockers of a synthesis."""

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from fastapi import FastAPI

from services.contracts.events.responses import AttentionFigures, CollectionPhase
from services.contracts.http.proposals import (
    MergeProposal,
    NearPair,
    ProposalBoard,
    ProposalPhase,
    ProposalView,
    Synthesise,
    UnmergeProposal,
    WriteProposal,
)
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.reading import (
    AttentionView,
    ContributionPage,
    ContributionView,
    LengthBand,
    LorenzPoint,
    Mark,
    Moderate,
    Moderation,
    NextReading,
    Origin,
    ReadingView,
    ReadLate,
    RecordReading,
)
from services.contracts.http.responses import CollectionView, DocumentView

if TYPE_CHECKING:
    from services.contracts.http.campaigns import ProjectView
    from tests.console.recorded.panel import Panel

_SPACE = UUID("6b6b6b6b-0000-4000-8000-000000000000")
OPENED = date(2026, 11, 20)
TODAY = date(2026, 11, 24)
LETTER_ID = uuid5(_SPACE, "letter document")
LETTER_TEXT = "Renvoyez-nous ce formulaire avant le 15. Passé ce délai, vos droits cessent."
QUESTIONNAIRE = Questionnaire.model_validate(
    {
        "questions": [
            {
                "kind": "scale",
                "id": "clear",
                "text": {"fr": "La lettre est-elle claire ?", "en": "Is the letter clear?"},
            },
            {
                "kind": "single_choice",
                "id": "first",
                "text": {"fr": "Que feriez-vous d'abord ?", "en": "What would you do first?"},
                "options": [
                    {"id": "call", "label": {"fr": "Appeler", "en": "Call"}},
                    {"id": "reply", "label": {"fr": "Répondre", "en": "Reply"}},
                ],
                "other": True,
            },
            {
                "kind": "document_test",
                "id": "letter",
                "text": {"fr": "Lisez la lettre", "en": "Read the letter"},
                "document_id": str(LETTER_ID),
            },
            {
                "kind": "free_text",
                "id": "change",
                "text": {"fr": "Que faudrait-il changer ?", "en": "What should change?"},
            },
        ]
    }
)
SAID = (
    "Mettre la date limite tout en haut, en gras. Je l'ai trouvée à la deuxième page, après avoir"
    " déjà appelé deux fois.",
    "Le mot « forclusion », personne ne le connaît.",
    "Rien à redire, merci.",
    "Mon dossier est bloqué depuis mars, pouvez-vous le regarder ?",
    "Un schéma vaudrait mieux que trois paragraphes.",
)


def contribution(number: int) -> ContributionView:
    text = SAID[number % len(SAID)]
    start = LETTER_TEXT.index("avant le 15")
    passage = {"start": start, "end": start + 11, "mark": "unclear", "comment": "De quel mois ?"}
    return ContributionView(
        id=uuid5(_SPACE, f"contribution {number}"),
        project_id=uuid5(_SPACE, "unset"),
        origin=Origin.ANSWER,
        opened_on=OPENED,
        answers={
            "clear": 1 + number % 5,
            "first": {"chosen": ["call"], "other": ""},
            "letter": {"passages": [passage], "comment": ""},
            "change": text,
        },
        words=text,
        length=len(text),
        readings=[],
        moderation=[],
    )


def proposal(title: str, theme: str | None = None, support: int = 0) -> ProposalView:
    return ProposalView(
        id=uuid5(_SPACE, title),
        project_id=uuid5(_SPACE, "unset"),
        version=1,
        state=ProposalPhase.DRAFT,
        title=title,
        text=f"{title}, sur tous les courriers, dès la première page.",
        theme=theme,
        support=support,
        drafted_by="Inès B.",
        drafted_on=OPENED,
    )


@dataclass
class ReadingRoom:
    """One project with words to read; the others have none yet."""

    project_id: UUID
    title: str
    contributions: list[ContributionView] = field(
        default_factory=lambda: [contribution(number) for number in range(12)]
    )
    proposals: list[ProposalView] = field(
        default_factory=lambda: [
            proposal("Mettre la date limite en haut", "dates", 7),
            proposal("Dire la date limite dès le début", "dates", 3),
            proposal("Remplacer « forclusion »", "mots", 4),
        ]
    )
    synthesised: bool = False
    recorded: list[tuple[UUID, RecordReading]] = field(default_factory=list)

    @property
    def unread(self) -> list[ContributionView]:
        return [contribution for contribution in self.contributions if not contribution.readings]

    def change(self, id: UUID, **fields: object) -> ContributionView:
        self.contributions = [
            contribution.model_copy(update=fields) if contribution.id == id else contribution
            for contribution in self.contributions
        ]
        return next(contribution for contribution in self.contributions if contribution.id == id)

    def collection(self) -> CollectionView:
        return CollectionView(
            project_id=self.project_id,
            version=3,
            title=self.title,
            state=CollectionPhase.SYNTHESISED if self.synthesised else CollectionPhase.ENDED,
            questionnaire_version=1,
            questionnaire=QUESTIONNAIRE,
            contributions=len(self.contributions),
        )

    def read(self, id: UUID, said: RecordReading) -> ContributionView:
        self.recorded.append((id, said))
        reading = ReadingView(
            reader="Inès B.",
            mine=True,
            read_on=TODAY,
            seconds=said.seconds,
            mark=said.mark,
            proposals=said.proposals,
        )
        return self.change(id, readings=[reading])

    def next(self) -> NextReading:
        unread = self.unread
        return NextReading(
            contribution=unread[0] if unread else None,
            seed="5eed",
            unread=len(unread),
            read_by_me=len(self.contributions) - len(unread),
            contributions=len(self.contributions),
            readings_wanted=1,
        )

    def attention(self) -> AttentionView:
        unread, total = len(self.unread), len(self.contributions)
        read_count = total - unread
        return AttentionView(
            project_id=self.project_id,
            title=self.title,
            figures=AttentionFigures(
                readings_wanted=1,
                coverage=read_count / total if total else 1,
                median_seconds=42 if read_count else None,
                gini=0.31 if read_count else None,
                median_delay_days=2 if read_count else None,
                longest_delay_days=4 if read_count else None,
            ),
            readings_each={0: unread, 1: read_count},
            readers=2 if read_count else 0,
            lengths=[
                LengthBand(
                    from_characters=0,
                    to_characters=200,
                    contributions=total,
                    read=read_count,
                    median_seconds=31,
                ),
                LengthBand(
                    from_characters=200,
                    to_characters=None,
                    contributions=0,
                    read=0,
                    median_seconds=75,
                ),
            ]
            if read_count
            else [],
            lorenz=[
                LorenzPoint(contributions=share, attention=share**1.9)
                for share in (0, 0.1, 0.25, 0.5, 0.75, 0.9, 1)
            ]
            if read_count
            else [],
            gini_for_length=0.18 if read_count else None,
            late=[
                ReadLate(
                    contribution_id=contribution.id,
                    length=contribution.length,
                    waited_days=4,
                    read_on=TODAY if contribution.readings else None,
                )
                for contribution in self.contributions[:3]
            ],
            unread_days=(TODAY - OPENED).days if unread else 0,
        )

    def board(self) -> ProposalBoard:
        drafts = [proposal for proposal in self.proposals if proposal.state is ProposalPhase.DRAFT]
        marks = [
            contribution.readings[0].mark
            for contribution in self.contributions
            if contribution.readings
        ]
        unread = len(self.unread)
        near = [
            NearPair(first=contribution.id, second=other.id, similarity=0.62)
            for contribution, other in pairwise(drafts[:2])
        ]
        return ProposalBoard(
            project_id=self.project_id,
            title=self.title,
            proposals=self.proposals,
            themes=sorted({draft.theme for draft in drafts if draft.theme}),
            near=[] if self.synthesised else near,
            unread=unread,
            no_suggestion=marks.count(Mark.NO_SUGGESTION),
            personal_cases=marks.count(Mark.PERSONAL_CASE),
            blocked_by=[f"{unread} contributions n'ont pas leurs lectures."] if unread else [],
            synthesised_by="Inès B." if self.synthesised else None,
            synthesised_on=TODAY if self.synthesised else None,
        )

    def replace(self, id: UUID, **fields: object) -> ProposalView:
        self.proposals = [
            proposal.model_copy(update=fields) if proposal.id == id else proposal
            for proposal in self.proposals
        ]
        return next(proposal for proposal in self.proposals if proposal.id == id)


def add_routes(app: FastAPI, panel: "Panel") -> None:
    room = panel.room

    @app.get("/api/collections")
    async def collections() -> list[CollectionView]:
        projects = [project for project in panel.projects if project.state != "draft"]
        return [
            room.collection() if project.id == room.project_id else empty(project)
            for project in projects
        ]

    def empty(project: "ProjectView") -> CollectionView:
        return CollectionView(
            project_id=project.id,
            version=1,
            title=project.title,
            state=CollectionPhase.READY,
            questionnaire=None,
            sealed=4,
        )

    @app.get("/api/collections/{id}")
    async def collection(id: UUID) -> CollectionView:
        return room.collection()

    @app.get("/api/collections/{id}/documents")
    async def documents(id: UUID) -> list[DocumentView]:
        return [
            DocumentView(
                id=LETTER_ID,
                title="La lettre",
                media_type="text/html",
                size=900,
                url="/documents/letter",
                text=LETTER_TEXT,
            )
        ]

    @app.get("/api/collections/{id}/attention")
    async def attention(id: UUID) -> AttentionView:
        return room.attention()

    @app.get("/api/collections/{id}/readings/next")
    async def next_reading(id: UUID) -> NextReading:
        return room.next()

    @app.get("/api/collections/{id}/contributions")
    async def contributions(id: UUID, search: str = "") -> ContributionPage:
        matches = [
            contribution
            for contribution in room.contributions
            if search.casefold() in contribution.words.casefold()
        ]
        return ContributionPage(found=matches)

    @app.get("/api/contributions/{id}")
    async def show_contribution(id: UUID) -> ContributionView:
        return room.change(id)

    @app.post("/api/contributions/{id}/readings")
    async def record(id: UUID, reading: RecordReading) -> ContributionView:
        return room.read(id, reading)

    @app.post("/api/contributions/{id}/moderation")
    async def moderate(id: UUID, order: Moderate) -> ContributionView:
        latest = Moderation(
            hidden=order.hidden, reason=order.reason, decided_by="Inès B.", decided_on=TODAY
        )
        return room.change(id, moderation=[latest], answers={}, words="")

    @app.get("/api/collections/{id}/proposals")
    async def board(id: UUID) -> ProposalBoard:
        return room.board()

    @app.post("/api/collections/{id}/proposals", status_code=201)
    async def draft(id: UUID, draft: WriteProposal) -> ProposalView:
        drafted = proposal(draft.title, draft.theme).model_copy(update={"text": draft.text})
        room.proposals = [*room.proposals, drafted]
        return drafted

    @app.put("/api/proposals/{id}")
    async def edit(id: UUID, draft: WriteProposal) -> ProposalView:
        fields = draft.model_dump(exclude={"version"})
        return room.replace(id, version=(draft.version or 0) + 1, **fields)

    @app.post("/api/proposals/{id}/merge")
    async def merge(id: UUID, order: MergeProposal) -> ProposalView:
        merged = room.replace(id, state=ProposalPhase.MERGED, merged_into=order.into)
        into = next(proposal for proposal in room.proposals if proposal.id == order.into)
        support = into.support + merged.support
        return room.replace(order.into, support=support, merged_ids=[*into.merged_ids, id])

    @app.post("/api/proposals/{id}/unmerge")
    async def unmerge(id: UUID, order: UnmergeProposal) -> ProposalView:
        merged = next(proposal for proposal in room.proposals if proposal.id == id)
        assert merged.merged_into
        survivor = next(
            proposal for proposal in room.proposals if proposal.id == merged.merged_into
        )
        remaining = [merged_id for merged_id in survivor.merged_ids if merged_id != id]
        room.replace(survivor.id, support=survivor.support - merged.support, merged_ids=remaining)
        return room.replace(id, state=ProposalPhase.DRAFT, merged_into=None)

    @app.get("/api/proposals/{id}/contributions")
    async def supporters(id: UUID) -> ContributionPage:
        matches = [
            contribution
            for contribution in room.contributions
            if any(id in reading.proposals for reading in contribution.readings)
        ]
        return ContributionPage(found=matches)

    @app.post("/api/collections/{id}/synthesis")
    async def synthesise(id: UUID, order: Synthesise) -> ProposalBoard:
        room.synthesised = True
        return room.board()
