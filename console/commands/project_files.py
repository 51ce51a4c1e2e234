"""Project files: one YAML file for a project, its questionnaire and its first campaign.

A key that nobody knows is refused, as it is most likely a typing error in one that matters.
"""

import re
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import yaml
from pydantic import Field, ValidationError

from console.client.staff_client import StaffClient
from console.commands.refusals import Refusal
from console.words import Language, Text
from services.contracts.http import Command
from services.contracts.http.campaigns import CampaignSheet, ProjectSheet
from services.contracts.http.questionnaires import DocumentTest, Identifier, Questionnaire
from services.contracts.http.violations import violations

_UNKNOWN_KEY = Text(fr="{place} : cette clé est inconnue.", en="{place}: this key is not known.")
_WRONG = Text(fr="{place} : {reason_fr}.", en="{place}: {reason_en}.")
_NOT_YAML = Text(fr="ligne {line} : ce n'est pas du YAML.", en="line {line}: this is not YAML.")
_NOT_TEXT = Text(fr="le fichier n'est pas en UTF-8.", en="the file is not in UTF-8.")
_NO_KEYS = Text(
    fr="le fichier doit contenir des clés comme « title: ».",
    en="the file must hold keys such as `title:`.",
)
# The project of a campaign inside a project file exists only once the file was sent.
_NO_PROJECT_YET = UUID(int=0)


class UnreadableFile(Refusal):
    status = 404
    sentence = Text(fr="Le fichier {file} ne peut pas être lu.", en="{file} cannot be read.")


class FileRefused(Refusal):
    """Each reason is a line of its own."""

    status = 422
    sentence = Text(fr="Le fichier {file} est refusé :", en="The file {file} is refused:")

    def __init__(self, file: Path, reasons: list[tuple[Text, dict[str, Any]]]) -> None:
        super().__init__(file=file)
        self._reasons = reasons

    def details(self, language: Language) -> list[str]:
        return [text.in_(language, **data) for text, data in self._reasons]


class DocumentEntry(Command):
    """A document to test. Questions name it by `id`; `file` is beside the project file."""

    id: Identifier
    title: str = Field(min_length=1, max_length=200)
    file: str = Field(min_length=1)


class ProjectFile:
    """The content of one project file. Parts that it leaves out are None."""

    def __init__(
        self,
        file: Path,
        project: ProjectSheet,
        documents: list[DocumentEntry],
        questionnaire: Questionnaire | None,
        campaign: dict[str, Any] | None,
    ) -> None:
        self.project = project
        self.questionnaire = questionnaire
        self._folder = file.parent
        self._documents = documents
        self._campaign = campaign

    async def prepare(self, staff: StaffClient, project_id: UUID) -> None:
        """Send documents and questionnaire of a published project, and declare it ready.

        Raises UnreadableFile: a document cannot be read."""
        if self.questionnaire is None:
            return
        sent: dict[UUID, UUID] = {}
        for document in self._documents:
            file = self._folder / document.file
            try:
                content = file.read_bytes()
            except OSError as error:
                raise UnreadableFile(file=file) from error
            kind = guess_type(file.name)[0] or "application/octet-stream"
            added = await staff.add_document(project_id, document.title, content, kind)
            sent[_placeholder(document.id)] = added.id
        questions = [
            question.model_copy(
                update={"document_id": sent.get(question.document_id, question.document_id)}
            )
            if isinstance(question, DocumentTest)
            else question
            for question in self.questionnaire.questions
        ]
        questionnaire = self.questionnaire.model_copy(update={"questions": questions})
        await staff.write_questionnaire(project_id, questionnaire)
        await staff.make_ready(project_id)

    def campaign(self, project_id: UUID) -> CampaignSheet | None:
        if self._campaign is None:
            return None
        return CampaignSheet.model_validate(self._campaign | {"project_id": project_id})


def read(file: Path, **dates: Any) -> ProjectFile:
    """`dates` replace what the file says of the project. Raises UnreadableFile, FileRefused."""
    raw = _mapping(file)
    questionnaire, campaign = raw.pop("questionnaire", None), raw.pop("campaign", None)
    listed = raw.pop("documents", [])
    wrong: list[tuple[Text, dict[str, Any]]] = []

    def checked(model: Any, content: Any, path: str) -> Any:
        try:
            return model.model_validate(content)
        except ValidationError as error:
            wrong.extend(_in_words(error, path))
            return None

    project = checked(ProjectSheet, raw | dates, "")
    documents = [
        checked(DocumentEntry, element, f"documents.{index}")
        for index, element in enumerate(listed if isinstance(listed, list) else [listed])
    ]
    _name_documents(questionnaire)
    questions = checked(Questionnaire, questionnaire, "questionnaire") if questionnaire else None
    if campaign is not None:
        if isinstance(campaign, dict) and "project_id" in campaign:
            wrong.append((_UNKNOWN_KEY, {"place": "campaign.project_id"}))
        else:
            content = campaign
            if isinstance(campaign, dict):
                campaign = _codes_as_text(campaign)
                content = campaign | {"project_id": _NO_PROJECT_YET}
            checked(CampaignSheet, content, "campaign")
    if wrong:
        raise FileRefused(file, wrong)
    return ProjectFile(file, project, documents, questions, campaign)


def _name_documents(questionnaire: Any) -> None:
    """`document: name` stands for the id that the document gets once it is sent."""
    questions = questionnaire.get("questions") if isinstance(questionnaire, dict) else None
    for question in questions if isinstance(questions, list) else []:
        if isinstance(question, dict) and isinstance(question.get("document"), str):
            question["document_id"] = _placeholder(question.pop("document"))


def _placeholder(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"document:{name}")


def read_questionnaire(file: Path) -> Questionnaire:
    """A questionnaire alone. Raises UnreadableFile, FileRefused."""
    try:
        return Questionnaire.model_validate(_mapping(file))
    except ValidationError as error:
        raise FileRefused(file, _in_words(error, "")) from error


def read_campaign(file: Path) -> CampaignSheet:
    """A campaign alone, with its project_id. Raises UnreadableFile, FileRefused."""
    try:
        return CampaignSheet.model_validate(_codes_as_text(_mapping(file)))
    except ValidationError as error:
        raise FileRefused(file, _in_words(error, "")) from error


class _Loader(yaml.SafeLoader):
    """A number with a leading zero is a code, such as a département's, and no octal number."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:int"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9][0-9_]*)$"), list("-+0123456789")
)


def _codes_as_text(campaign: dict[str, Any]) -> dict[str, Any]:
    """Codes are text also where they look like numbers: 974 and 01 need no quotes in the file."""

    def text(value: Any) -> Any:
        return str(value) if isinstance(value, int | float) and value is not True else value

    settings = dict(campaign)
    audience, quotas = settings.get("audience"), settings.get("quotas")
    if isinstance(audience, dict):
        settings["audience"] = {
            text(name): [text(code) for code in codes] if isinstance(codes, list) else codes
            for name, codes in audience.items()
        }
    total = quotas.get("wanted") if isinstance(quotas, dict) else None
    if isinstance(quotas, dict) and isinstance(total, dict):
        settings["quotas"] = quotas | {"wanted": {text(code): n for code, n in total.items()}}
    return settings


def _mapping(file: Path) -> dict[str, Any]:
    try:
        raw = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506
    except OSError as error:
        raise UnreadableFile(file=file) from error
    except UnicodeDecodeError as error:
        raise FileRefused(file, [(_NOT_TEXT, {})]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise FileRefused(file, [(_NOT_YAML, {"line": line})]) from error
    if not isinstance(raw, dict) or not all(isinstance(key, str) for key in raw):
        raise FileRefused(file, [(_NO_KEYS, {})])
    return raw


def _in_words(error: ValidationError, inside: str) -> list[tuple[Text, dict[str, Any]]]:
    reasons = []
    for violation in violations(error.errors()):
        path = ".".join(part for part in (inside, violation.path) if part)
        reasons.append(
            (_WRONG, {"place": path or "?", "reason_fr": violation.fr, "reason_en": violation.en})
        )
    return reasons
