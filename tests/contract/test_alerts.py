"""An alert that looks at a metric which nobody measures would never ring."""

import re
from pathlib import Path

import pytest
import yaml

from deploy.describe import SERVICES, build
from services.runtime.db import Database
from services.runtime.telemetry import exposition
from tests.databases import Databases

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "deploy" / "observability" / "alerts.yaml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.servers
async def test_every_metric_of_an_alert_is_measured_by_a_service(database: Databases) -> None:
    measured = set()
    for name in SERVICES:
        service = build(name)
        held: Database = await database(name)
        service.database = held
        text = exposition(await service.measure()).decode()
        measured |= set(re.findall(r"^# TYPE (panel_[a-z_]+) gauge", text, re.MULTILINE))
    # Measured per thing that exists, so that a new service has none of them.
    measured |= {"panel_dead_letters", "panel_incidents"}
    looked_at = {name for rule in ALERTS for name in re.findall(r"panel_[a-z_]+", rule["expr"])}
    assert looked_at <= measured


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_it_means_and_what_to_do(rule: dict[str, dict[str, str]]) -> None:
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    name = str(rule["alert"])
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    _, _, section = RUNBOOK.partition(f"### {name}\n")
    assert len(section.partition("\n#")[0].split()) > 10
