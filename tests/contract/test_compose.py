"""The stack of containers: every setting arrives, and every container is confined."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.backup import BackupSettings
from deploy.doctor.deployment import DoctorSettings
from deploy.generate.configuration import MODELS, is_secret
from services.runtime.settings import Environment

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# The stack sets these itself, for every container.
BY_THE_IMAGE = {"PANEL_HTTP_HOST"}
LOCAL_ONLY = {"PANEL_MODE", "PANEL_CLOCK_FILE"}
# A setup makes tables and topics, and is not traced.
OF_NO_SETUP = {"PANEL_TRACES_ENDPOINT"}
BY_THE_STACK = {
    "PANEL_KAFKA_CA_FILE",
    "PANEL_KAFKA_USERNAME",
    "PANEL_HTTP_PORT",
    "PANEL_REGISTRY_URL",
    "PANEL_CAMPAIGNS_URL",
    "PANEL_RESPONSES_URL",
    "PANEL_PUBLIC_URL",
    "PANEL_LINK_PUBLIC_KEYS",
    "PANEL_SERVICE_ADDRESSES",
    "PANEL_SITES",
    "PANEL_PROXY",
}
READERS: list[tuple[str, type[Environment]]] = [
    *((name, model) for name, model in MODELS.items()),
    *((f"{name}-setup", model) for name, model in MODELS.items()),
    ("doctor", DoctorSettings),
    ("restore", BackupSettings),
]


@pytest.mark.parametrize(("container", "model"), READERS, ids=[name for name, _ in READERS])
def test_every_setting_of_the_reference_reaches_its_container(
    container: str, model: type[Environment]
) -> None:
    environment: dict[str, str] = SERVICES[container]["environment"]
    dropped = []
    for name, field in model.model_fields.items():
        variable = f"{model.model_config['env_prefix']}{name}".upper()
        if variable in BY_THE_IMAGE | LOCAL_ONLY:
            continue
        if container.endswith("-setup") and variable in OF_NO_SETUP:
            continue
        by_file = environment.get(f"{variable}_FILE")
        if by_file and (by_file.startswith("/") or not is_secret(field)):
            continue  # a file that the stack hands over
        setting = environment.get(variable)
        if variable in BY_THE_STACK:
            arrives = setting is not None
        else:
            arrives = setting is not None and f"${{{variable}" in setting
        if not arrives:
            dropped.append(variable)
        elif is_secret(field):
            assert f"${{{variable}_FILE" in (by_file or ""), f"{variable} cannot come from a file"
    assert not dropped, f"add to deploy/compose.yaml, for {container}: {', '.join(dropped)}"


def test_the_file_of_variables_needs_no_secret() -> None:
    example = (DEPLOY / ".env.example").read_text()
    assert not re.search(r"^PANEL_\w*(PASSWORD|SECRET|KEY)=", example, re.MULTILINE)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined(name: str) -> None:
    container = SERVICES[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["logging"]["options"] == {"max-size": "20m", "max-file": "5"}
    limits = container["deploy"]["resources"]["limits"]
    assert limits.keys() == {"memory", "cpus", "pids"}
    # Containers that run as root change owners: of keys, a volume, the folder of backups.
    if container.get("user") == "0:0":
        assert name in ("keys", "postgres-folder", "backup", "restore")


def test_the_database_owns_its_folder_whichever_image_it_comes_from() -> None:
    """Images of PostgreSQL 18 lack the volume's folder: the engine creates it for root."""
    server, folder = SERVICES["postgres"], SERVICES["postgres-folder"]
    assert folder["command"] == [server["user"], server["environment"]["PGDATA"]]
    assert folder["volumes"] == [f"postgres:{server['environment']['PGDATA']}"]
    assert folder["volumes"][0] in server["volumes"]
    assert folder["image"] == server["image"]
    completed = {"condition": "service_completed_successfully"}
    assert server["depends_on"]["postgres-folder"] == completed


def test_databases_and_bus_have_networks_of_their_own_that_lead_nowhere() -> None:
    networks = COMPOSE["networks"]
    assert networks["postgres"]["internal"]
    assert networks["kafka"]["internal"]
    members: dict[str, set[str]] = {}
    for name, container in SERVICES.items():
        assert "networks" in container or "network_mode" in container, name
        for network in container.get("networks", ()):
            members.setdefault(network, set()).add(name)
    setups = {f"{name}-setup" for name in MODELS}
    assert members["postgres"] == {"postgres", "doctor", "backup", "restore", *MODELS, *setups}
    assert members["kafka"] == {"kafka", "doctor", *MODELS, *setups}
    assert members["subscribers"] == {"kafka"}
    assert members["watching"] == {"prometheus", "grafana"}


def test_nothing_listens_on_more_than_this_machine_unless_the_operator_says_so() -> None:
    for container in SERVICES.values():
        for port in container.get("ports", ()):
            assert re.match(r"\$\{PANEL_\w+:-127\.0\.0\.1:\d+\}:\d+$|127\.0\.0\.1:", port), port


def test_every_image_carries_its_version_and_may_be_pinned_by_digest() -> None:
    for name, container in SERVICES.items():
        image = container["image"]
        assert re.match(r"\$\{[A-Z_]+_IMAGE:-", image), name
        if image.startswith("${PANEL_"):
            assert "${PANEL_VERSION" in image, name
    for file in (DEPLOY / "Dockerfile", DEPLOY / "proxy" / "Dockerfile"):
        text = file.read_text()
        stages = set(re.findall(r" AS (\S+)", text))
        bases = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) - stages
        assert all(base.startswith("${") for base in bases), bases
        for label in ("version", "revision"):
            assert f"org.opencontainers.image.{label}=" in text
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    assert f"PANEL_VERSION={version[1]}\n" in (DEPLOY / ".env.example").read_text()
