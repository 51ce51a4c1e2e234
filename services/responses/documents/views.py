"""Documents as the staff API and the response page show them."""

from services.contracts.http.responses import DocumentView
from services.responses.documents.store import Document


def document_view(document: Document) -> DocumentView:
    return DocumentView(
        id=document.id,
        title=document.title,
        media_type=document.media_type,
        size=document.size,
        pages=document.pages,
        url=f"/answer/{document.project_id}/documents/{document.id}",
        text=document.words,
    )
