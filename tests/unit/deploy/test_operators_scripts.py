"""The operators' scripts, with a container engine that only records its commands."""

import os
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[3] / "deploy"
# Two replicas of each service run, unless DOWN names it; FAILS names what never becomes healthy.
ENGINE = """#!/bin/sh
echo "$*" >> "$ORDERS"
for last in "$@"; do :; done
case "$*" in
  "compose ps -q "*) [ "$last" = "$DOWN" ] || printf '%s-1\\n%s-2\\n' "$last" "$last" ;;
  *"config --images"*) echo "panel:tried" ;;
  "compose up "*) [ "$last" != "$FAILS" ] ;;
esac
"""


class Engine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._orders = folder / "orders"
        program = folder / "docker"
        program.write_text(ENGINE)
        program.chmod(0o755)
        (folder / ".env").write_text("PANEL_VERSION=0.2.0\n")

    def run(
        self, script: str, *arguments: str, down: str = "", fails: str = ""
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "ORDERS": str(self._orders),
            "COMPOSE_ENV_FILES": str(self.folder / ".env"),
            "DOWN": down,
            "FAILS": fails,
        }
        return subprocess.run(
            [DEPLOY / script, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def orders(self) -> list[str]:
        return self._orders.read_text().splitlines() if self._orders.exists() else []


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("upgrade", ["--help"]),
        ("upgrade", ["--bakc"]),
        ("upgrade", ["--back", "0.1.0"]),
        ("renew", ["--help"]),
        ("bootstrap", ["--help"]),
        ("bootstrap", ["a.example", "b.example"]),
    ],
)
def test_an_unknown_argument_changes_nothing(
    engine: Engine, script: str, arguments: list[str]
) -> None:
    """A misspelt rollback must not run the migrations of an upgrade."""
    ended = engine.run(script, *arguments)
    assert ended.returncode == 64
    assert "Usage: deploy/" in ended.stderr
    assert engine.orders == []


def test_the_way_back_runs_no_migration(engine: Engine) -> None:
    assert engine.run("upgrade", "--back").returncode == 0
    assert not [order for order in engine.orders if "-setup" in order]
    assert engine.run("upgrade").returncode == 0
    assert [order for order in engine.orders if "campaigns-setup" in order]


def test_an_upgrade_starts_a_service_of_which_nothing_runs(engine: Engine) -> None:
    assert engine.run("upgrade", down="feedback").returncode == 0
    (started,) = [o for o in engine.orders if "up -d" in o and o.endswith(" feedback")]
    assert "--scale" not in started, "as many as the deployment has"


@pytest.mark.parametrize("fails", ["campaigns", "proxy"])
def test_an_upgrade_ends_with_a_sentence_where_something_is_not_healthy(
    engine: Engine, fails: str
) -> None:
    ended = engine.run("upgrade", fails=fails)
    assert ended.returncode == 1
    assert f"docker compose logs {fails}" in ended.stderr
    assert "Done." not in ended.stdout
    assert f"stop --time 30 {fails}-1" not in engine.orders, "what ran before goes on serving"


@pytest.mark.parametrize(
    "line",
    [
        "PANEL_DOMAIN=panel.example.org",
        'PANEL_DOMAIN="panel.example.org"',
        "PANEL_DOMAIN='panel.example.org'   # ours",
        "export PANEL_DOMAIN = panel.example.org # ours",
        "PANEL_DOMAIN=old.example.org\nPANEL_DOMAIN=panel.example.org\r",
    ],
)
def test_certificates_are_renewed_for_the_domain_that_compose_reads(
    engine: Engine, line: str
) -> None:
    """A quote within the name would make a certificate that no browser accepts."""
    (engine.folder / ".env").write_text(line + "\n")
    assert engine.run("renew").returncode == 0
    assert [o for o in engine.orders if o.endswith("bootstrap /secrets panel.example.org --renew")]
