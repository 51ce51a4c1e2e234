"""The command `panel`: a person's mistakes get one sentence, in their language."""

import subprocess
import sys
from pathlib import Path

import pytest

from console.commands import program
from console.commands.options import asked_language
from deploy.local.staff import NobodyOfThatName, someone
from panel import main

PROJECT = "9c7a4a1e-5b7e-4c5e-9d2f-0d6c1f9a3b11"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main.run(arguments)
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize(
    ("arguments", "variable", "language"),
    [
        (["--lang", "en"], "fr_FR.UTF-8", "en"),
        (["--lang=fr"], "en_US.UTF-8", "fr"),
        ([], "en_US.UTF-8", "en"),
        ([], "C.UTF-8", "fr"),
        ([], "", "fr"),
    ],
)
def test_the_language_is_asked_for_or_the_systems_or_french(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], variable: str, language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", variable)
    assert asked_language(arguments) == language


@pytest.mark.parametrize(
    ("language", "sentence"), [("fr", "Démarrer un panel local."), ("en", "Start a local panel.")]
)
def test_help_speaks_one_language(
    capsys: pytest.CaptureFixture[str], language: str, sentence: str
) -> None:
    status, out, _ = run(capsys, "up", "--lang", language, "--help")
    assert status == 0
    assert sentence in out
    assert "¦" not in out


@pytest.mark.parametrize(("language", "sentence"), [("fr", "Les projets."), ("en", "Projects.")])
def test_the_language_may_come_before_the_command(
    capsys: pytest.CaptureFixture[str], language: str, sentence: str
) -> None:
    status, out, _ = run(capsys, "--lang", language, "--help")
    assert status == 0
    assert sentence in out
    assert "¦" not in out


@pytest.mark.parametrize(
    "places", [("{}", "projects", "list"), ("projects", "{}", "list"), ("projects", "list", "{}")]
)
def test_the_directory_may_come_before_the_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, places: tuple[str, ...]
) -> None:
    options = ["--data-dir", str(tmp_path), "--lang", "en"]
    arguments = [
        word for position in places for word in (options if position == "{}" else [position])
    ]
    status, _, err = run(capsys, *arguments)
    assert status == program.REFUSED
    assert err.startswith(f"No panel is running in {tmp_path}.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("down",),
        ("check",),
        ("doctor",),
        ("console",),
        ("clock", "--advance", "31d"),
        ("members", "import", __file__),
        ("projects", "list"),
        ("campaigns", "launch", PROJECT),
        ("member-sim",),
        ("events", "tail"),
        ("dead-letters", "list"),
        ("republish",),
        ("token",),
        ("decisions",),
        ("decisions", PROJECT),
        ("decisions", "sign", PROJECT),
        ("decisions", "draft", PROJECT, "--outcome", "not", "--reason", "Non"),
        ("reports", "preview", PROJECT),
        ("reports", "write", PROJECT, __file__),
        ("follow-up", PROJECT, "done"),
    ],
)
def test_without_a_running_panel_each_command_says_so_in_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    status, out, err = run(capsys, *arguments, "--data-dir", str(tmp_path), "--lang", "fr")
    assert (status, out) == (program.REFUSED, "")
    assert err.startswith(f"Aucun panel ne tourne dans {tmp_path}.")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("decisions", "draft", PROJECT, "--outcome", "perhaps", "--reason", "?"),
            "retained / partly / not",
        ),
        (("follow-up", PROJECT, "perhaps"), "planned / under_way / done / given_up"),
        (("reports", "write", PROJECT, "/nowhere"), "/nowhere ne peut pas être lu"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_can(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    status, _, err = run(capsys, *arguments, "--data-dir", str(tmp_path), "--lang", "fr")
    assert status == program.REFUSED
    assert sentence in " ".join(err.replace("│", " ").split())


def test_a_group_with_a_usual_command_needs_no_name_for_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for chosen in (["list"], []):
        status, _, err = run(capsys, "decisions", *chosen, "--data-dir", str(tmp_path))
        assert status == program.REFUSED
        assert str(tmp_path) in err
    _, out, _ = run(capsys, "decisions", "--lang", "en", "--help")
    assert "Draft a decision." in out


def test_who_acts_is_one_of_the_local_people() -> None:
    person = someone("bernard")
    assert person
    assert person.name == "M. Bernard"
    with pytest.raises(NobodyOfThatName) as refused:
        someone("nobody")
    assert "bernard" in refused.value.message("en")


def test_a_language_that_is_not_spoken_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "down", "--lang", "de")
    assert status == program.REFUSED
    assert "fr / en" in err


def test_ctrl_c_is_said_in_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deploy.local.endpoints.read", interrupted)
    status, _, err = run(capsys, "check", "--lang", "fr")
    assert status == program.INTERRUPTED
    assert err.strip() == "Interrompu."


def test_help_loads_neither_servers_nor_services() -> None:
    """So that it is there at once: heavy libraries are imported by the commands that need them."""
    program = (
        "import sys; from panel import main; main.run(['--help']);"
        "print([m for m in ('fastapi', 'httpx', 'aiokafka', 'asyncpg', 'uvicorn', 'pydantic')"
        " if m in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stderr.strip() == "[]"


def test_an_argument_beyond_every_limit_is_refused_in_words() -> None:
    from console.commands.session import ArgumentsRefused, request
    from services.contracts.http.proposals import WriteProposal

    with pytest.raises(ArgumentsRefused) as refused:
        request(WriteProposal, title="Un titre", text="x" * 27_900)
    assert refused.value.details("en") == ["text: 20,000 characters at most; there are 27,900."]


def test_no_command_makes_a_request_that_could_end_in_a_traceback() -> None:
    import ast
    from pathlib import Path

    import console.commands
    import deploy.cli
    from tests.support.request_models import commands

    names = {model.__name__ for model in commands()}
    folders = (console.commands.__path__[0], deploy.cli.__path__[0])
    for file in (file for folder in folders for file in Path(folder).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                assert getattr(node.func, "id", "") not in names, f"{file.name}:{node.lineno}"
