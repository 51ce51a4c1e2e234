"""`python -m panel` as the services' image has it: without the local panel's servers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# As deploy/Dockerfile copies and .dockerignore leaves out.
LEFT_OUT = {
    "services": shutil.ignore_patterns("__pycache__"),
    "panel": shutil.ignore_patterns("__pycache__"),
    "console": shutil.ignore_patterns("__pycache__"),
    "deploy": shutil.ignore_patterns(
        "local", "__pycache__", "openapi", "asyncapi", "observability"
    ),
}
KEPT_OF_BENCH = {"__init__.py", "parts.py"}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = tmp_path_factory.mktemp("app")
    for package, left_out in LEFT_OUT.items():
        shutil.copytree(ROOT / package, app / package, ignore=left_out)
    for path in (app / "deploy" / "bench").iterdir():
        if path.name not in KEPT_OF_BENCH:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return app


def panel(image: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PANEL_")}
    ended = subprocess.run(
        [sys.executable, "-m", "panel", *arguments],
        cwd=image,
        env=clean | {"LANG": "en_US.UTF-8"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("up",),
        ("demo",),
        ("bench",),
        ("check",),
        ("doctor",),
        ("backup",),
        ("token",),
        ("projects", "list"),
    ],
    ids=" ".join,
)
def test_a_command_of_the_local_panel_says_in_a_sentence_that_it_is_one(
    image: Path, arguments: tuple[str, ...]
) -> None:
    status, _, said = panel(image, *arguments)
    assert (status, said.splitlines()[0]) == (
        2,
        "This command is about a local panel, whose servers this image does not contain.",
    )
    assert "doctor --deployed" in said
    assert "Traceback" not in said


def test_a_real_error_is_shown_as_it_is(image: Path, tmp_path: Path) -> None:
    status, _, said = panel(image, "restore", str(tmp_path), "--all")
    assert (status, said) == (2, f"There is no backup that can be read in {tmp_path}.\n")
    # The database is away, or PostgreSQL's tools are not there: either is named.
    status, _, said = panel(
        image,
        *("backup", "--to", str(tmp_path / "backups")),
        PANEL_BACKUP_RECIPIENT="age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm",
        **{
            f"PANEL_BACKUP_{name}_DSN": "postgresql://a:b@127.0.0.1:1/a"
            for name in ("REGISTRY", "CAMPAIGNS", "RESPONSES", "FEEDBACK")
        },
    )
    assert status == 2
    assert "psql" in said
    assert "deploy.local" not in said


def test_wrong_settings_are_a_sentence_each_and_name_their_variables(image: Path) -> None:
    status, _, said = panel(
        image, "doctor", "--deployed", PANEL_SITES="not JSON", PANEL_SMTP_PASSWORD="swordfish"
    )
    assert status == 2
    assert "PANEL_SITES must be JSON" in said
    status, _, said = panel(image, "doctor", "--deployed", PANEL_SMTP_PORT="99999")
    assert status == 2
    assert "PANEL_ISSUER is missing" in said
    assert "PANEL_SMTP_PORT" in said
    status, _, said = panel(image, "backup", PANEL_BACKUP_RECIPIENT="swordfish")
    assert status == 2
    assert "PANEL_BACKUP_RECIPIENT: must be an age public key" in said
    assert "PANEL_BACKUP_REGISTRY_DSN is missing" in said
    assert "swordfish" not in said
    assert "Traceback" not in said
