"""The deployment on containers: built, started, used over TLS and SASL, killed and renewed.

`make test-deploy` runs it where a container engine answers; `make test` leaves it out. All tests
share one stack, which takes minutes to start.
"""

import json
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.deploy.compose import (
    LATER_VERSION,
    SERVICES,
    VERSION,
    Compose,
    checkout,
    engine_answers,
    guide,
    until,
)
from tests.support.running import free_port

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not engine_answers(), reason="no container engine answers"),
]

MEGABYTE = 1_000_000
LARGEST_ABOVE_BASE = 250 * MEGABYTE
UP_WITHIN, STARTS_WITHIN = 90.0, 3.0
# Figures are of a quiet machine; a busy one may take this many times as long.
PATIENCE = 3.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """By the guide's own commands, from a clone: a panel for members, then the demonstration in its
    place."""
    root = checkout(tmp_path_factory.mktemp("clone"))
    compose = Compose(root, f"panel-test-{uuid4().hex[:6]}", free_port(), free_port())
    (copy, build, *rest) = guide("From nothing to a panel, in an hour")
    demonstration = guide("The demonstration in containers")
    try:
        compose.follow([copy])
        compose.fill_in(VERSION)
        compose.follow([build, *rest[:-1]])
        began = time.monotonic()
        compose.follow(rest[-1:])
        seconds = time.monotonic() - began
        print(f"\nstack up in {seconds:.0f} s (asked: {UP_WITHIN:.0f})")
        assert seconds < UP_WITHIN * PATIENCE
        with compose.browser() as client:
            assert compose.get(client, "account", "/").status_code == 200
        # The last of them is a test of its own.
        compose.follow(c for c in demonstration[:-1] if c not in (copy, *rest[:-1]))
        yield compose
    finally:
        compose("down", "--volumes", "--timeout", "10", check=False)


def size(compose: Compose, image: str) -> int:
    return int(compose.run("docker", "image", "inspect", "-f", "{{.Size}}", image))


def test_the_image_is_small(stack: Compose) -> None:
    base = size(stack, "python:3.13-slim")
    above = size(stack, f"panel:{VERSION}") - base
    print(f"\nservices: {above / MEGABYTE:.0f} MB above its base (asked: 250)")
    assert above <= LARGEST_ABOVE_BASE


def test_the_same_source_gives_the_same_image(stack: Compose) -> None:
    """A second build without cache has every file of the application, byte for byte."""
    second_project = f"{stack.project}-again"
    build = ("docker", "build", "-q", "--no-cache", "-f", "deploy/Dockerfile")
    stack.run(*build, "--target", "services", "-t", second_project, ".")
    digests = "find /app -type f -exec sha256sum {} + | sort"
    try:
        (first, two) = (
            stack.run("docker", "run", "--rm", "--entrypoint", "sh", image, "-c", digests)
            for image in (f"panel:{VERSION}", second_project)
        )
    finally:
        stack.run("docker", "image", "rm", second_project)
    assert first.count("\n") > 1_000
    assert set(first.splitlines()) ^ set(two.splitlines()) == set()


def test_keys_are_made_once_and_readable_by_their_owner_only(stack: Compose) -> None:
    for path in stack.secrets.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    secrets_before = {
        path: path.read_bytes() for path in stack.secrets.rglob("*") if path.is_file()
    }
    with pytest.raises(AssertionError, match="nothing was changed"):
        stack.follow(["deploy/bootstrap"])
    assert {path: path.read_bytes() for path in secrets_before} == secrets_before


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_nobody_writes_nowhere_and_has_its_own_keys_only(
    stack: Compose, service: str
) -> None:
    (first, two) = stack.containers(service)
    assert stack.run("docker", "exec", first, "id", "-u").strip() == "10001"
    with pytest.raises(AssertionError, match="Read-only file system"):
        stack.run("docker", "exec", two, "touch", "/app/here")
    for tool in ("gcc", "pip", "uv"):
        with pytest.raises(AssertionError):
            stack.run("docker", "exec", first, tool, "--version")
    own_keys = set(stack.run("docker", "exec", first, "ls", "/keys").split())
    assert own_keys == {path.name for path in (stack.secrets / service).iterdir()}


def test_a_service_cannot_change_tables_and_the_draw_cannot_read_answers(stack: Compose) -> None:
    def sql(role: str, statement: str) -> str:
        return stack.sql("campaigns", f"SET ROLE {role}; {statement}")

    assert sql("campaigns", "SELECT count(*) FROM project") == "0"
    for role, statement in (
        ("campaigns", "DROP TABLE project"),
        ("campaigns", "ALTER TABLE ledger DROP CONSTRAINT ledger_one_solicitation_in_31_days"),
        ("campaigns", "TRUNCATE ledger"),
        ("panel_draw", "SELECT state FROM invitation"),
    ):
        with pytest.raises(AssertionError, match=r"must be owner|permission denied"):
            sql(role, statement)


def test_the_proxy_shows_each_site_under_its_name_and_nothing_for_the_machine(
    stack: Compose,
) -> None:
    with stack.browser() as client:
        page = stack.get(client, "account", "/")
        assert page.status_code == 200
        assert "max-age" in page.headers["strict-transport-security"]
        for path in ("/metrics", "/health/ready"):
            assert stack.get(client, "account", path).status_code == 404
        assert stack.get(client, "nobody", "/").status_code == 421
        assert stack.get(client, "projects", "/api/projects").status_code == 401


def test_the_doctor_finds_what_a_trial_lacks_and_nothing_else(stack: Compose) -> None:
    """Browsers do not know the authority of its certificate."""
    answer = stack.doctor()
    unwell = {
        (finding["check"], finding["verdict"])
        for finding in answer["findings"]
        if finding["verdict"] != "well"
    }
    assert (answer["well"], unwell) == (True, {("certificates", "look")})
    sentences = {finding["sentence"] for finding in answer["findings"]}
    assert {
        "The connection is encrypted.",
        "The service's role reads and writes rows only.",
        "Access rights are exactly those of the table of topics.",
    } <= sentences


def test_the_demonstration_keeps_every_promise_through_tls_and_sasl(stack: Compose) -> None:
    answer = stack.tried_out("demo")
    assert answer["holds"], answer["broken"]
    assert answer["looked_at"]["messages_apart"] == 1_500
    assert answer["looked_at"]["closed_with_every_answer"] > 5


def test_whatever_is_killed_comes_back_and_nothing_is_lost(stack: Compose) -> None:
    for service in (*SERVICES, "proxy", "kafka", "postgres"):
        for container in stack.containers(service):
            started_at = stack.inspect(container, "{{.State.StartedAt}}")
            stack.kill(container)

            def back(container: str = container, started_at: str = started_at) -> bool:
                restarted = stack.inspect(container, "{{.State.StartedAt}}") != started_at
                return restarted and stack.healthy(container)

            until(back, f"{service} is back")
    until(
        lambda: all(
            stack.works(container) for name in SERVICES for container in stack.containers(name)
        ),
        "every service works again",
    )
    assert stack.tried_out("check")["broken"] == {}


def test_a_service_starts_cold_in_three_seconds(stack: Compose) -> None:
    (container, _) = stack.containers("feedback")
    stack.run("docker", "stop", "-t", "30", container)
    stack.run("docker", "start", container)
    seconds = until(lambda: stack.works(container), "feedback works")
    print(f"\ncold start in {seconds:.1f} s (asked: {STARTS_WITHIN:.0f})")
    assert seconds < STARTS_WITHIN * PATIENCE


def test_an_upgrade_and_the_way_back_are_noticed_by_nobody(stack: Compose) -> None:
    """By the guide's commands, while pages are read and projects published all the time."""
    pages: list[int | str] = []
    interrupted: list[str] = []
    over = threading.Event()

    def read_pages() -> None:
        while not over.is_set():
            with stack.browser() as client:
                while not over.wait(0.05):
                    try:
                        pages.append(stack.get(client, "account", "/").status_code)
                    except httpx.HTTPError as error:
                        pages.append(type(error).__name__)
                        break

    def publish() -> None:
        """Retry when the proxy closes the connection, as it is replaced twice."""
        while not over.is_set():
            try:
                stack.tried_out("publish")
            except AssertionError as error:
                interrupted.append(str(error))

    check_before = stack.tried_out("check")
    people = [
        threading.Thread(target=read_pages),
        threading.Thread(target=publish),
    ]
    for person in people:
        person.start()
    (build, upgrade) = guide("Upgrading")
    (back,) = guide("Upgrading", 1)
    try:
        stack.fill_in(LATER_VERSION)
        stack.follow([build, upgrade])
        assert versions(stack) == {LATER_VERSION}
        stack.fill_in(VERSION)
        stack.follow([back])
        assert versions(stack) == {VERSION}
    finally:
        over.set()
        stack("exec", "-T", "demo", "touch", "/demo/enough")
        for person in people:
            person.join()
    assert len(pages) > 100
    answered = [page for page in pages if isinstance(page, int)]
    assert set(answered) == {200}
    # While the proxy itself is replaced, nobody listens for a moment.
    unheard = len(pages) - len(answered)
    print(f"\n{len(answered)} pages, {unheard} connections refused")
    assert unheard < len(pages) / 10
    assert len(interrupted) <= 2, interrupted
    check_after = stack.tried_out("check")
    assert check_after["broken"] == {}
    published = "mandates_complete"
    print(
        f"\n{check_after['looked_at'][published] - check_before['looked_at'][published]}"
        " projects published"
    )
    assert check_after["looked_at"][published] > check_before["looked_at"][published] + 20


def versions(stack: Compose) -> set[str]:
    return {
        stack.run("docker", "exec", container, "python", "-m", "services", "--version").strip()
        for service in SERVICES
        for container in stack.containers(service)
    }


def test_whoever_is_told_to_stop_stops(stack: Compose) -> None:
    """Also after a restart of the broker, which closes no connection."""
    stack("restart", "kafka")
    until(
        lambda: all(
            stack.works(container) for name in SERVICES for container in stack.containers(name)
        ),
        "every service works with the broker again",
    )
    seconds = {}
    for service in SERVICES:
        for container in stack.containers(service):
            began = time.monotonic()
            stack.run("docker", "stop", "-t", "30", container)
            seconds[container] = time.monotonic() - began
            assert stack.inspect(container, "{{.State.ExitCode}}") == "0", service
            stack.run("docker", "start", container)
    print(f"\nstops in {min(seconds.values()):.1f} to {max(seconds.values()):.1f} s")
    until(
        lambda: all(
            stack.works(container) for name in SERVICES for container in stack.containers(name)
        ),
        "every service works again",
    )


def test_subscribers_read_what_is_public_at_a_listener_of_their_own(
    stack: Compose, tmp_path: Path
) -> None:
    public = stack.secrets / "public"
    settings = {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "public",
        "sasl_plain_password": (public / "kafka_password").read_text(),
        "ssl": {"cafile": str(public / "authority")},
    }
    (tmp_path / "client.json").write_text(json.dumps(settings))
    program = "examples/downstream/published_decisions.py"
    address = f"localhost:{stack.subscribers_port}"
    output = stack.run(sys.executable, program, address, str(tmp_path / "client.json"))
    assert len(output.splitlines()) >= 1


def test_new_certificates_are_served_without_a_restart(stack: Compose) -> None:
    def served_certificate(port: int) -> str:
        return ssl.get_server_certificate(("127.0.0.1", port))

    ports = (stack.port, stack.subscribers_port)
    certificates_before = [served_certificate(port) for port in ports]
    started = [stack.inspect(c, "{{.State.StartedAt}}") for c in stack.containers("kafka")]
    stack.follow(guide("Certificates"))
    for port, old in zip(ports, certificates_before, strict=True):
        until(lambda: served_certificate(port) != old, "the new one is served", within=60)  # noqa: B023
    assert [stack.inspect(c, "{{.State.StartedAt}}") for c in stack.containers("kafka")] == started
    findings = stack.doctor()["findings"]
    assert not [finding for finding in findings if finding["verdict"] == "broken"]


def test_without_its_database_the_public_account_says_so_and_comes_back(stack: Compose) -> None:
    stack("stop", "postgres")
    with stack.browser() as client:
        answers = [stack.get(client, site, "/") for site in ("account",) for _ in range(20)]
        assert {answer.status_code for answer in answers} == {503}
        assert answers[0].headers["retry-after"]
        stack("start", "postgres")
        until(lambda: stack.get(client, "account", "/").status_code == 200, "it is back")


def test_databases_put_back_from_a_backup_lose_no_promise(stack: Compose) -> None:
    """All four are restored by their owners while no service runs; erased members stay erased."""
    stack.follow(guide("Backup and restore"))
    (saved,) = stack.backups.iterdir()
    inside = f"/backups/{saved.name}"
    for file in saved.glob("*.age"):
        assert file.stat().st_mode & 0o077 == 0
        assert file.read_bytes().startswith(b"age-encryption.org/v1")
    # The guide's stack knows no demonstration: its PostgreSQL refuses whoever tries the panel out.
    stack("up", "-d", "--wait", "postgres")
    check_before = stack.tried_out("forget")
    assert check_before["broken"] == {}

    with pytest.raises(AssertionError, match="still running"):
        stack.restore(inside, "--service", "feedback")
    stack("stop", *SERVICES)
    output = stack.restore(inside, "--all")
    assert all(f"{service} is back as it was" in output for service in SERVICES)
    stack("up", "-d", "--wait")
    waiting = "SELECT count(*) FILTER (WHERE done_at IS NULL), count(*) FROM recovery"
    until(
        lambda: {stack.sql(service, waiting) for service in SERVICES} == {"0|1"},
        "every service has caught up",
    )
    check_after = stack.tried_out("check")
    assert check_after["broken"] == {}
    forgotten = "erased_keep_nothing"
    assert check_after["looked_at"][forgotten] == check_before["looked_at"][forgotten] > 0
