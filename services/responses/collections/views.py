"""Collections as the staff API returns them."""

from services.contracts.events.responses import CollectionPhase
from services.contracts.http.questionnaires import Questionnaire
from services.contracts.http.responses import CollectionView
from services.responses.collections.rules import Collection, ResponseCounts


def collection_view(collection: Collection, counts: ResponseCounts) -> CollectionView:
    questionnaire = collection.questionnaire
    return CollectionView(
        project_id=collection.project_id,
        version=collection.version,
        title=collection.title,
        state=CollectionPhase(collection.state),
        questionnaire_version=collection.questionnaire_version,
        questionnaire=questionnaire and Questionnaire.model_validate(questionnaire),
        preview_path=f"/answer/{collection.preview_id}",
        ends_on=collection.collection_ends_on,
        anonymity_floor=collection.anonymity_floor,
        credentials_issued=collection.credentials_issued,
        answers_received=counts.received,
        sealed=counts.sealed,
        contributions=counts.opened,
    )
