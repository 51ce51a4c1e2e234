"""Commands that prepare a collection: questionnaires, and documents to test."""

import sys
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from console.commands.options import Json, Project, both, command, group
from console.commands.session import Session, asynchronous, session, show
from console.words import Text
from services.contracts.characters import shown

if TYPE_CHECKING:
    from services.contracts.http.responses import CollectionView, DocumentView

_STATES = {
    "preparing": Text(fr="à préparer", en="being prepared"),
    "ready": Text(fr="prêt, figé", en="ready, frozen"),
    "ended": Text(fr="recueil terminé", en="collection ended"),
    "synthesised": Text(fr="synthèse faite", en="synthesis made"),
}
_COLLECTION = Text(
    fr="{title} : questionnaire version {version}, {questions} question(s), {state}.",
    en="{title}: questionnaire version {version}, {questions} question(s), {state}.",
)
_PREVIEW = Text(fr="Tel que les membres le verront : {url}", en="As members will see it: {url}")
_DOCUMENT = Text(
    fr="{title} : {kind}, {size:.0f} ko\n  document_id: {id}",
    en="{title}: {kind}, {size:.0f} kB\n  document_id: {id}",
)
_NOT_READABLE = Text(fr="{file} ne peut pas être lu.", en="{file} cannot be read.")
_LEFT_OUT = Text(fr="  laissé de côté : {place}, {reason}", en="  left out: {place}, {reason}")
_NOTHING_USABLE = Text(fr="Rien d'utilisable dans ce fichier.", en="Nothing usable in this file.")
_SHOW = both("Le questionnaire, et où le voir.", "The questionnaire, and where to see it.")
_WRITE = both(
    "Enregistrer un questionnaire (YAML) ; il peut changer jusqu'à « ready ».",
    "Save a questionnaire (YAML); it can change until `ready`.",
)
_READY = both("Figer le questionnaire : prêt.", "Freeze the questionnaire: ready.")
_IMPORT = both(
    "Traduire un .lss de LimeSurvey ou un JSON de Formbricks en YAML, à corriger.",
    "Turn LimeSurvey's .lss or Formbricks' JSON into YAML, to be corrected.",
)
_ADD = both("Ajouter un document, nettoyé.", "Add a document, cleaned.")
_LIST = both("Les documents du projet.", "The project's documents.")
File = Annotated[Path, typer.Argument(metavar="FILE")]


def register(app: typer.Typer) -> None:
    questionnaires = group(app, "questionnaires", both("Les questionnaires.", "Questionnaires."))
    command(questionnaires, "show", _SHOW)(questionnaire)
    command(questionnaires, "write", _WRITE)(write)
    command(questionnaires, "ready", _READY)(ready)
    command(questionnaires, "import", _IMPORT)(import_)
    documents = group(app, "documents", both("Les documents à tester.", "Documents to test."))
    command(documents, "add", _ADD)(add)
    command(documents, "list", _LIST)(documents_of)


def questionnaire(ctx: typer.Context, project: Project, json: Json = False) -> None:
    show(ctx, lambda staff: staff.collection(project), show_collection, json)


def write(ctx: typer.Context, project: Project, file: File, json: Json = False) -> None:
    from console.commands import project_files

    questionnaire = project_files.read_questionnaire(file)
    show(
        ctx, lambda staff: staff.write_questionnaire(project, questionnaire), show_collection, json
    )


def ready(ctx: typer.Context, project: Project, json: Json = False) -> None:
    show(ctx, lambda staff: staff.make_ready(project), show_collection, json)


def import_(
    ctx: typer.Context,
    file: File,
    format: Annotated[
        Literal["limesurvey", "formbricks"],
        typer.Option("--format", help=both("D'où vient le fichier.", "Where the file is from.")),
    ],
) -> None:
    """YAML on standard output; what could not be taken over is said beside it."""
    import yaml

    current = session(ctx)
    content = _read_bytes(current, file)

    async def import_file() -> None:
        async with current.staff() as staff:
            imported = await staff.import_questionnaire(format, content)
        for omission in imported.not_imported:
            reason = (
                omission.reason.en if current.language == "en" else None
            ) or omission.reason.fr
            current.tell_progress(
                Text(*(current.say(_LEFT_OUT, place=omission.place, reason=reason),) * 2)
            )
        if imported.questionnaire is None:
            current.tell_progress(_NOTHING_USABLE)
            raise typer.Exit(2)
        plain = imported.questionnaire.model_dump(mode="json", exclude_none=True)
        # Written out in escapes where it is not plain text: it may be shown before it is kept.
        sheet = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
        readable = shown(sheet) == sheet and sys.stdout.encoding.lower().startswith("utf")
        print(sheet if readable else yaml.safe_dump(plain, sort_keys=False), end="")

    asynchronous(import_file)


def add(
    ctx: typer.Context,
    project: Project,
    file: File,
    title: Annotated[
        str | None, typer.Option("--title", help=both("Tel que montré.", "As shown."))
    ] = None,
    json: Json = False,
) -> None:
    content = _read_bytes(session(ctx), file)
    name, kind = title or file.stem, guess_type(file.name)[0] or "application/octet-stream"
    show(ctx, lambda staff: staff.add_document(project, name, content, kind), show_document, json)


def documents_of(ctx: typer.Context, project: Project, json: Json = False) -> None:
    show(ctx, lambda staff: staff.documents(project), show_documents, json)


def _read_bytes(current: Session, file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(current.say(_NOT_READABLE, file=file)) from error


def show_collection(current: Session, collection: "CollectionView") -> None:
    current.tell(
        _COLLECTION,
        title=collection.title,
        version=collection.questionnaire_version,
        questions=len(collection.questionnaire.questions) if collection.questionnaire else 0,
        state=current.say(_STATES[collection.state]),
    )
    if collection.preview_path:
        current.tell(_PREVIEW, url=f"{current.url('responses')}{collection.preview_path}")


def show_documents(current: Session, documents: "list[DocumentView]") -> None:
    for document in documents:
        show_document(current, document)


def show_document(current: Session, document: "DocumentView") -> None:
    current.tell(
        _DOCUMENT,
        title=document.title,
        kind=document.media_type,
        size=document.size / 1000,
        id=document.id,
    )
