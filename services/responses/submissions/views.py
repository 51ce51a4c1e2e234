"""The content of a project's response page."""

from collections.abc import Sequence
from datetime import date

from services.contracts.events.campaigns import Mandate
from services.contracts.http.questionnaires import Questionnaire, Words
from services.contracts.http.responses import AnswerPhase, AnswerSheet, DecidedBy
from services.responses.collections.rules import Collection
from services.responses.documents.store import Document
from services.responses.documents.views import document_view
from services.responses.submissions import rules


def response_page_content(
    collection: Collection,
    documents: Sequence[Document],
    today: date,
    credentials_url: str,
    *,
    preview: bool,
) -> AnswerSheet:
    mandate = Mandate.model_validate(collection.mandate)
    phase = AnswerPhase(rules.submission_phase(collection, today))
    return AnswerSheet(
        project_id=collection.project_id,
        preview=preview,
        state=AnswerPhase.OPEN if preview else phase,
        title=collection.title,
        why=mandate.why,
        purpose=mandate.purpose,
        decision_maker=DecidedBy(
            name=mandate.decision_maker.name, role=mandate.decision_maker.role
        ),
        personal_cases=Words.model_validate(rules.personal_cases(collection)),
        ends_on=collection.collection_ends_on,
        anonymity_floor=collection.anonymity_floor,
        credential_key=collection.credential_key,
        credentials_url=credentials_url,
        questionnaire_version=collection.questionnaire_version,
        questionnaire=Questionnaire.model_validate(collection.questionnaire),
        documents=[document_view(document) for document in documents],
    )
