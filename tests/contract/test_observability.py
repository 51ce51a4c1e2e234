"""Every watched metric exists, every metric has a panel, and every alert has a test.

An alert or a panel that looks at a number which nobody measures would stay silent for ever.
"""

import ast
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.generate.describe import SERVICES, build
from services.runtime.postgres.database import Database
from tests.support.databases import Databases

ROOT = Path(__file__).parents[2]
WATCHING = ROOT / "deploy" / "observability"
RULES = yaml.safe_load((WATCHING / "alerts.yaml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
DASHBOARDS = sorted((WATCHING / "grafana" / "dashboards").iterdir())
RINGS = re.compile(r"""labels: '{alertname="(\w+)"}', value: """)
_UNPACK = "dpkg-deb --fsys-tarfile prometheus_*.deb | tar --extract ./usr/bin/promtool"
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.servers
async def test_every_watched_metric_exists_and_every_metric_has_a_panel(
    database: Databases,
) -> None:
    measured = set(counted_by_what_there_is())
    for name in SERVICES:
        service = build(name)
        service_database: Database = await database(name)
        service.database = service_database
        exposed = (await service.metrics()).decode()
        measured |= set(re.findall(r"^# TYPE (panel_\w+) ", exposed, re.MULTILINE))
    rung = {name for rule in ALERTS for name in looked_at(rule["expr"])}
    metrics = {name for _, question in questions() for name in looked_at(question)}
    assert rung <= measured
    assert metrics == measured


def counted_by_what_there_is() -> Iterator[str]:
    """Insert rows for metrics with a label, which an empty service does not export."""
    for file in (ROOT / "services").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            match call:
                case ast.Call(ast.Name("Sample"), [ast.Constant(str(name)), _, _, _]):
                    yield f"panel_{name}"


def looked_at(expression: str) -> set[str]:
    """Map the parts of a histogram to its name."""
    names: list[str] = re.findall(r"panel_\w+", expression)
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


def questions() -> Iterator[tuple[str, str]]:
    """Title and PromQL expression of each panel."""
    for file in DASHBOARDS:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel.get("targets", ()):
                yield panel["title"], target["expr"].replace("$__rate_interval", "1m")


def test_dashboards_are_distinct_and_use_the_provisioned_source() -> None:
    boards: list[dict[str, Any]] = [json.loads(file.read_text()) for file in DASHBOARDS]
    assert len({board["uid"] for board in boards}) == len(boards) == 2
    provisioned = WATCHING / "grafana" / "provisioning" / "datasources" / "panel.yaml"
    [source] = yaml.safe_load(provisioned.read_text())["datasources"]
    for board in boards:
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
        assert all(panel["targets"] and panel["description"] for panel in panels)
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
        # An alert that a panel names must exist.
        terms = {word for p in panels for word in re.findall(r"[A-Z]\w+[A-Z]\w+", p["description"])}
        assert terms <= {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_has_a_meaning_and_an_action(rule: dict[str, dict[str, str]]) -> None:
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in ("page", "ticket")
    name = str(rule["alert"])
    assert rule["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    _, _, section = RUNBOOK.partition(f"### {name}\n")
    assert len(section.partition("\n#")[0].split()) > 10


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    files = sorted(WATCHING.glob("*.test.yaml"))
    rung = {name for file in files for name in RINGS.findall(file.read_text())}
    assert rung == {rule["alert"] for rule in ALERTS}
    promtool("test", "rules", *(file.name for file in files))


def promtool(*arguments: str) -> None:
    ended = subprocess.run(
        [found_promtool(), *arguments], cwd=WATCHING, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@cache
def found_promtool() -> str:
    """promtool on the path, else from Debian's package, unpacked once into the user's cache."""
    unpacked = Path.home() / ".cache" / "citizen-panel" / "promtool"
    if installed := shutil.which("promtool"):
        return installed
    if not unpacked.exists():
        with tempfile.TemporaryDirectory() as folder:
            try:
                for command in (("apt-get", "download", "prometheus"), ("sh", "-c", _UNPACK)):
                    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=90)
            except (OSError, subprocess.SubprocessError) as error:
                pytest.skip(f"promtool is not installed, nor in a package that can be had: {error}")
            unpacked.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(folder) / "usr" / "bin" / "promtool", unpacked)
    return str(unpacked)


def test_prometheus_accepts_its_configuration_and_every_expression(tmp_path: Path) -> None:
    promtool("check", "config", "prometheus.yaml")
    addresses = [
        {"record": f"panel:{number}", "expr": question, "labels": {"title": title}}
        for number, (title, question) in enumerate(questions())
    ]
    assert addresses
    rules = tmp_path / "questions.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "questions", "rules": addresses}]}))
    promtool("check", "rules", str(rules))


def test_prometheus_and_grafana_are_optional_and_local() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    for name in ("prometheus", "grafana"):
        service = compose[name]
        assert service["profiles"] == ["observability"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert "healthcheck" in service
    # Grafana has a password of its own, and reaches Prometheus only.
    assert "edge" in compose["prometheus"]["networks"]
    assert compose["grafana"]["networks"] == ["watching"]


def test_prometheus_scrapes_each_service_of_the_stack_by_its_name() -> None:
    configured = yaml.safe_load((WATCHING / "prometheus.yaml").read_text())["scrape_configs"]
    [[discovery]] = [job["dns_sd_configs"] for job in configured]
    assert tuple(discovery["names"]) == SERVICES
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    assert compose["x-settings"]["PANEL_HTTP_PORT"] == str(discovery["port"])
