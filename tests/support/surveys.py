"""Files of other survey tools: LimeSurvey tables as a test writes them, recorded cases, results."""

from pathlib import Path
from typing import Any

from services.contracts.http.responses import ImportedQuestionnaire
from services.responses.questionnaires.imports import Format, import_file

CASES = Path(__file__).parents[1] / "cases"


def rows(table: str, *records: dict[str, Any]) -> str:
    cells = "".join(
        "<row>" + "".join(f"<{k}><![CDATA[{v}]]></{k}>" for k, v in row.items()) + "</row>"
        for row in records
    )
    return f"<{table}><rows>{cells}</rows></{table}>"


def survey(*tables: str) -> bytes:
    main = rows("surveys", {"sid": 1, "language": "fr"})
    kind = "<LimeSurveyDocType>Survey</LimeSurveyDocType>"
    return f"<?xml version='1.0'?><document>{kind}{main}{''.join(tables)}</document>".encode()


def question(qid: int, kind: str, code: str, **more: Any) -> dict[str, Any]:
    common = {"qid": qid, "parent_qid": 0, "gid": 1, "question_order": qid}
    return common | {"type": kind, "title": code, "other": "N", "mandatory": "N"} | more


def texts(qid: int, fr: str, en: str = "") -> list[dict[str, Any]]:
    translations = [{"qid": qid, "question": fr, "help": "", "language": "fr"}]
    return translations + (
        [{"qid": qid, "question": en, "help": "", "language": "en"}] if en else []
    )


def case(path: str) -> ImportedQuestionnaire:
    kind: Format = "formbricks" if path.endswith(".json") else "limesurvey"
    return import_file(kind, (CASES / path).read_bytes())


def remarks_of(imported: ImportedQuestionnaire) -> dict[str, str]:
    """Remarks in English by place, and none that a French reader would get in English."""
    remarks: dict[str, str] = {}
    for each in imported.not_imported:
        assert each.reason.fr != each.reason.en
        remarks[each.place] = f"{remarks.get(each.place, '')} {each.reason.en}".strip()
    return remarks


def taken(imported: ImportedQuestionnaire) -> dict[str, Any]:
    assert imported.questionnaire
    return {each.id: each for each in imported.questionnaire.questions}


def asking(relevance: str, **more: Any) -> ImportedQuestionnaire:
    """A single choice Q1, a multiple choice Q2, and Q3 under the condition."""
    return import_file(
        "limesurvey",
        survey(
            rows("groups", {"gid": 1, "group_order": 1, "grelevance": more.pop("group", "1")}),
            rows(
                "questions",
                question(11, "L", "Q1", other=more.pop("other", "N"), sid=5),
                question(12, "M", "Q2", sid=5),
                question(13, more.pop("kind", "T"), "Q3", relevance=relevance, **more),
            ),
            rows("question_l10ns", *(each for n in (11, 12, 13) for each in texts(n, "Texte ?"))),
            rows(
                "subquestions",
                *(
                    {"qid": 120 + n, "parent_qid": 12, "title": f"S{n}", "question": f"Part {n}"}
                    | {"language": "fr"}
                    for n in (1, 2)
                ),
            ),
            rows(
                "answers",
                *(
                    {"qid": 11, "code": code, "answer": code, "language": "fr"}
                    for code in ("A1", "A2")
                ),
            ),
        ),
    )
