"""One full example of every event, with every field that a subscriber may receive."""

from datetime import date
from uuid import UUID

from services.contracts.accounts import account_code
from services.contracts.envelope import Event
from services.contracts.events.campaigns import (
    Compensation,
    DecisionMaker,
    DecisionMakerChange,
    ErasureApplied,
    Mandate,
    OrderClass,
    OrderKind,
    OrderRequest,
    OrderState,
    ProjectPhase,
    ProjectState,
    ReportDuties,
)
from services.contracts.events.feedback import (
    DecidedProposal,
    DecisionState,
    FollowUp,
    Outcome,
    Progress,
    ReportState,
    Signatory,
)
from services.contracts.events.registry import (
    DeliveryOutcome,
    DeliveryState,
    FiguresState,
    MemberState,
    MemberStatus,
    RefusedReason,
)
from services.contracts.events.responses import (
    AttentionFigures,
    CollectionPhase,
    CollectionState,
    ListedProposal,
    ProposalState,
)


def _id(number: int) -> UUID:
    return UUID(int=number, version=4)


PROJECT, MEMBER, ORDER, PROPOSAL = _id(1), _id(2), _id(3), _id(4)
BERNARD = DecisionMaker(
    name="M. Bernard",
    role="directeur des prestations",
    account=account_code("https://issuer.example", "bernard"),
)

EXAMPLES: tuple[Event, ...] = (
    MemberState(
        version=2,
        member_id=MEMBER,
        status=MemberStatus.ACTIVE,
        zone="Indian/Reunion",
        attributes={"age_band": "65+", "region": "reunion", "digital": "never"},
        not_before=date(2026, 12, 4),
        ends_on=date(2029, 11, 3),
    ),
    OrderState(
        version=1,
        order_id=ORDER,
        state=OrderRequest.ORDERED,
        order_class=OrderClass.SOLICITATION,
        kind=OrderKind.INVITATION,
        member_id=MEMBER,
        subject_id=_id(5),
        project_id=PROJECT,
        project_version=3,
        first_day=date(2026, 11, 24),
        last_day=date(2026, 11, 25),
        details={},
    ),
    DeliveryState(
        version=1,
        order_id=ORDER,
        state=DeliveryOutcome.REFUSED,
        reason=RefusedReason.TOO_SOON,
    ),
    ErasureApplied(version=1, member_id=MEMBER, applied_on=date(2026, 11, 24)),
    ProjectState(
        version=3,
        project_id=PROJECT,
        state=ProjectPhase.OPEN,
        mandate=Mandate(
            title="Lettre de la caisse d'allocations familiales",
            nature="Relire une lettre",
            why="Une personne sur trois appelle après l'avoir reçue",
            stakes="Que chacun comprenne ce qui lui est demandé",
            objectives="Une lettre comprise à la première lecture",
            purpose="La nouvelle lettre, envoyée à partir de mars",
            decision_maker=BERNARD,
            who="Tous les membres",
            how="Une lecture en ligne de vingt minutes",
            compensation=Compensation(terms="Bon de 20 €", reference="Décision 2026-114"),
        ),
        recruitment_ends_on=date(2026, 12, 12),
        collection_ends_on=date(2027, 1, 15),
        credential_key={"kty": "RSA", "n": "sXch", "e": "AQAB"},
        asked=240,
        joined=85,
        credentials_issued=60,
        floor_reached=True,
        anonymity_floor=5,
        draw_commitments=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        draw_seeds=["00" * 32],
        report_duties=ReportDuties(report_version=1, owed=35, sent=45, undeliverable=5),
        ended_early_reason="La lettre change plus tôt que prévu",
        decision_maker_changes=[
            DecisionMakerChange(
                version=2,
                name=BERNARD.name,
                role=BERNARD.role,
                account=BERNARD.account,
                name_before="Mme Roux",
                role_before="directrice des prestations",
                account_before=account_code("https://issuer.example", "roux"),
                reason="Mme Roux a quitté la caisse",
                changed_on=date(2026, 11, 20),
            )
        ],
    ),
    CollectionState(
        version=4,
        project_id=PROJECT,
        state=CollectionPhase.SYNTHESISED,
        contributions=61,
        unread=0,
        answers_digest="9f" * 32,
        attention=AttentionFigures(
            readings_wanted=1,
            coverage=1.0,
            median_seconds=42.0,
            gini=0.21,
            median_delay_days=2.0,
            longest_delay_days=9,
        ),
        proposals=[ListedProposal(id=PROPOSAL, version=2)],
    ),
    ProposalState(
        version=2,
        proposal_id=PROPOSAL,
        project_id=PROJECT,
        title="Dire le montant dès la première ligne",
        text="Le montant à rembourser vient au troisième paragraphe ; le mettre en tête.",
        theme="clarté",
        support=14,
        merged_ids=[_id(6)],
    ),
    DecisionState(
        version=1,
        proposal_id=PROPOSAL,
        project_id=PROJECT,
        proposal_version=2,
        outcome=Outcome.PARTLY,
        reason="En tête pour les rappels, pas encore pour les premiers envois",
        decided_by=Signatory(name=BERNARD.name, role=BERNARD.role),
        decided_on=date(2027, 2, 2),
        next_step="Récrire la lettre de rappel",
        due_on=date(2027, 6, 30),
        owner="Bureau des courriers",
        follow_up=[FollowUp(progress=Progress.PLANNED, note="Avec l'éditeur", on=date(2027, 3, 1))],
    ),
    ReportState(
        version=1,
        project_id=PROJECT,
        collection_version=4,
        summary="Quatorze personnes ont demandé que le montant vienne en tête.",
        url="https://panel.example/projets/1/retour",
        decisions=[DecidedProposal(proposal_id=PROPOSAL, version=2)],
        published_on=date(2027, 2, 3),
    ),
    FiguresState(
        version=1,
        month="2026-11",
        solicitations=1100,
        people_solicited=1100,
        most_for_one_person_in_31_days=1,
        notices=430,
        refused_by_reason={RefusedReason.NOT_ACTIVE: 12},
    ),
)
