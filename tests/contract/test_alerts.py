"""An alert that looks at a metric which nobody measures would never ring."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.describe import SERVICES, build
from services.runtime.db import Database
from tests.databases import Databases

ROOT = Path(__file__).parents[2]
WATCHING = ROOT / "deploy" / "observability"
RULES = yaml.safe_load((WATCHING / "alerts.yaml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
RINGS = re.compile(r"""labels: '{alertname="(\w+)"}', value: """)
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.servers
async def test_every_metric_of_an_alert_is_measured_by_a_service(database: Databases) -> None:
    measured = set()
    for name in SERVICES:
        service = build(name)
        held: Database = await database(name)
        service.database = held
        measured |= measures(await service.metrics())
    # Measured per thing that exists, so that a new service has none of them.
    measured |= {"panel_dead_letters", "panel_incidents"}
    assert {name for rule in ALERTS for name in looked_at(rule["expr"])} <= measured


def measures(exposed: bytes) -> set[str]:
    return set(re.findall(r"^# TYPE (panel_\w+) ", exposed.decode(), re.MULTILINE))


def looked_at(expression: str) -> set[str]:
    """A histogram's parts are its."""
    names: list[str] = re.findall(r"panel_\w+", expression)
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_it_means_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    name = str(rule["alert"])
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    _, _, section = RUNBOOK.partition(f"### {name}\n")
    assert len(section.partition("\n#")[0].split()) > 10


def test_every_alert_is_seen_to_ring_and_not_to_ring() -> None:
    files = sorted(WATCHING.glob("*.test.yaml"))
    rung = {name for file in files for name in RINGS.findall(file.read_text())}
    assert rung == {rule["alert"] for rule in ALERTS}
    promtool("test", "rules", *(file.name for file in files))


def promtool(*arguments: str) -> None:
    """Of Prometheus (Debian's package `prometheus`)."""
    tool = shutil.which("promtool")
    if tool is None:
        why = (
            "promtool is needed: it is in Debian's package prometheus, and in Prometheus' releases"
        )
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    ended = subprocess.run(
        [tool, *arguments], cwd=WATCHING, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
