"""Project files: refusals in sentences, and the examples that ship."""

from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import pytest

from console.commands import project_files
from deploy.demo.demonstration import EXAMPLES
from services.contracts.http.questionnaires import DocumentTest


def example(name: str) -> Path:
    return Path(str(files("deploy.demo") / "examples" / name))


def project_file(folder: Path, text: str) -> Path:
    file = folder / "fiche.yaml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_have_all_that_the_charter_asks_for(name: str) -> None:
    sheet = project_files.read(example(name))
    mandate = sheet.project.mandate
    fields = mandate.model_dump(exclude={"decision_maker", "compensation"})
    assert all((*fields.values(), mandate.decision_maker.name, mandate.decision_maker.role))
    assert sheet.project.recruitment_ends_on
    assert sheet.project.collection_ends_on
    assert mandate.compensation is None or mandate.compensation.reference
    assert sheet.questionnaire
    campaign = sheet.campaign(uuid4())
    assert campaign is not None
    assert campaign.wanted >= 500


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("title: x\nmandat: {}\n", "mandat"),
        ("title: x\nmandate: {nature: a, natur: b}\n", "mandate.natur"),
        (
            "title: x\nquestionnaire: {questions: "
            "[{id: a, kind: free_text, text: {fr: a}, texte: a}]}\n",
            "questionnaire.questions.0.texte",
        ),
        ("title: x\ncampaign: {title: a, wanted: 3, project_id: 1}\n", "campaign.project_id"),
        ("title: x\ncampaign: {title: a, wanted: 3, wnted: 3}\n", "campaign.wnted"),
    ],
)
def test_a_key_that_nobody_knows_is_refused_by_its_place(
    tmp_path: Path, text: str, path: str
) -> None:
    with pytest.raises(project_files.FileRefused) as refused:
        project_files.read(project_file(tmp_path, text))
    assert f"{path} : cette clé est inconnue." in refused.value.details("fr")
    assert f"{path}: this key is not known." in refused.value.details("en")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mandate: {}\n", "title : cette clé manque."),
        ("title: ''\n", "title : ne peut pas être vide."),
        ("title: x\nplaces: 0\n", "places : au moins 1."),
        ("title: x\nplaces: beaucoup\n", "places : il faut un nombre entier."),
        (
            "title: x\nrecruitment_ends_on: bientôt\n",
            "recruitment_ends_on : il faut une date comme 2027-03-31.",
        ),
        (
            "title: x\ncampaign: {title: a, wanted: 3, quotas: {attribute: a, wanted: {b: 2}}}\n",
            "campaign : la somme des quotas (2) n'est pas le nombre demandé (3).",
        ),
        (
            "title: x\nquestionnaire: {questions: [{text: a}]}\n",
            "questionnaire.questions.0 : la sorte de question (kind) manque ou n'existe pas ; il y"
            " a document_test, free_text, multiple_choice, ranking, scale, single_choice.",
        ),
        (
            "title: x\nquestionnaire: {questions: [{id: a, kind: scale, low: 5, text: {fr: a}}]}\n",
            "questionnaire.questions.0 : l'échelle n'a pas de longueur.",
        ),
        (
            "title: x\nquestionnaire: {questions: [{id: a, kind: free_text, text: {fr: a}},"
            " {id: a, kind: free_text, text: {fr: b}}]}\n",
            "questionnaire : deux questions s'appellent a.",
        ),
        ("title: x\n  y: [\n", "ligne 2 : ce n'est pas du YAML."),
        ("- une\n- liste\n", "le fichier doit contenir des clés comme « title: »."),
    ],
)
def test_each_mistake_is_said_in_words(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(project_files.FileRefused) as refused:
        project_files.read(project_file(tmp_path, text))
    assert refused.value.details("fr") == [sentence]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(project_files.UnreadableFile, match=r"fiche\.yaml"):
        project_files.read(tmp_path / "fiche.yaml")
    latin = tmp_path / "fiche.yaml"
    latin.write_bytes("title: été\n".encode("cp1252"))
    with pytest.raises(project_files.FileRefused) as refused:
        project_files.read(latin)
    assert refused.value.details("en") == ["the file is not in UTF-8."]


def test_a_question_names_a_document_of_the_sheet() -> None:
    sheet = project_files.read(example("lettre-caf.yaml"))
    assert sheet.questionnaire
    (letter,) = [
        question for question in sheet.questionnaire.questions if isinstance(question, DocumentTest)
    ]
    assert letter.id == "lettre"


def test_a_document_without_a_title_is_refused_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "sheet.yaml"
    text = example("lettre-caf.yaml").read_text()
    file.write_text(text.replace("title: La lettre, ", ""))
    with pytest.raises(project_files.FileRefused) as refused:
        project_files.read(file)
    assert refused.value.details("en") == ["documents.0.title: this key is missing."]
