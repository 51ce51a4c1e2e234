"""The limits and time-outs of SECURITY.md are those of the code and of the proxy."""

import re
from collections.abc import Iterator
from inspect import signature
from itertools import takewhile
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from services.campaigns.credentials import api as credentials
from services.registry.settings import RegistrySettings
from services.responses.documents import cleaning, document_store, isolated_subprocess
from services.responses.submissions.pages import LARGEST_BODY_BYTES as LARGEST_RESPONSE
from services.runtime.http import application as http
from services.runtime.http import bodies, server
from services.runtime.http import issuer_keys as auth
from services.runtime.http.hints import MOST_STREAMS
from services.runtime.messaging import inbox, relay
from services.runtime.observability import tracing
from services.runtime.postgres import database as db
from services.runtime.settings import Settings

ROOT = Path(__file__).parents[2]
PROXY = (ROOT / "deploy/proxy/nginx.conf").read_text()


def proxy(prefix: str, suffix: str) -> int:
    """The number between prefix and suffix in the proxy's configuration, the same everywhere."""
    (value,) = set(re.findall(f"{re.escape(prefix)}([0-9]+){re.escape(suffix)}", PROXY))
    return int(value)


def table(head: str) -> Iterator[list[str]]:
    """Rows of SECURITY.md's table with this header."""
    lines = iter((ROOT / "SECURITY.md").read_text().splitlines())
    for line in lines:
        if line.strip().startswith(head):
            break
    next(lines)
    for row in takewhile(lambda line: line.strip().startswith("|"), lines):
        yield [cell.strip() for cell in row.strip().strip("|").split("|")]


def test_limits_of_size_and_rate() -> None:
    rate = Settings.model_fields["requests_per_second"].default
    buffers, each = re.findall(r"large_client_header_buffers (\d+) (\d+)k;", PROXY)[0]
    large = f"{cleaning._MOST_PAGES} pages, {cleaning._MOST_PIXELS // 1_000_000} million pixels"
    quantity = f"{cleaning._MOST_CHARACTERS} characters"
    memory = f"{isolated_subprocess.MEMORY_BYTES // 1_000_000} MB while cleaned"
    limits = {(subject, where): much for subject, where, much, _ in table("| limited |")}
    assert limits == {
        ("requests of an address", "proxy"): (
            f"{proxy('rate=', 'r/s;')}/s, {proxy('burst=', ' ')} at once;"
            f" {proxy('limit_req_status ', ';')}"
        ),
        ("requests for pages of an address, for `/api` of a person", "service"): (
            f"`PANEL_REQUESTS_PER_SECOND`, {rate}/s, {http._BURST_SECONDS:.0f} s' worth at once;"
            " 429"
        ),
        ("connections of an address", "proxy"): (
            f"{proxy('limit_conn connections ', ';')}; {proxy('limit_conn_status ', ';')}"
        ),
        ("connections of a process", "service"): f"{server.MOST_CONNECTIONS}; 503",
        ("streams of hints of a person", "service"): f"{MOST_STREAMS}; 429",
        ("a head", "proxy"): f"{int(buffers) * int(each)} kB; 400",
        ("a body", "proxy"): f"{proxy('client_max_body_size ', 'm;')} MB; 413",
        ("a body", "service"): f"{bodies.LARGEST_BODY >> 20} MB; 413",
        ("a request for a credential", "`campaigns`"): (
            f"{credentials.LARGEST_BODY_BYTES >> 10} kB; 413"
        ),
        ("a response", "`responses`"): f"{LARGEST_RESPONSE // 1_000_000} MB; 413",
        ("a document, a questionnaire to import", "`responses`"): (
            f"{cleaning.LARGEST_BYTES // 1_000_000} MB; 413"
        ),
        ("the content of a document", "`responses`"): f"{large}, {quantity}, {memory}; 422",
        ("files in isolated subprocesses", "`responses`"): (
            f"{isolated_subprocess.MOST_RUNNING} at once,"
            f" {isolated_subprocess.MOST_WAITING} wait for {isolated_subprocess.SECONDS} s; 503"
        ),
        ("a list of members", "proxy"): f"{proxy('client_max_body_size ', 'g;')} GB; 413",
    }


def test_time_outs() -> None:
    request, patient = (
        db.REQUEST_LIMITS,
        dict(re.findall(r"(\w+) = '(\w+)'", db._LONG_RUNNING_LIMITS)),
    )
    seconds = {name: int(value.removesuffix("s")) for name, value in request.items()}
    minutes = {name: int(value.removesuffix("min")) for name, value in patient.items()}
    kafka_default = signature(AIOKafkaConsumer).parameters["request_timeout_ms"].default
    assert dict(table("| for |")) == {
        "a statement of a request; a lock; a transaction that does nothing; a free connection": (
            f"{seconds['statement_timeout']} s; {seconds['lock_timeout']} s;"
            f" {seconds['idle_in_transaction_session_timeout']} s; {db._ACQUIRE_SECONDS} s,"
            " then 503"
        ),
        "a statement of a job, a batch of events, an import, a launch; a lock": (
            f"{minutes['statement_timeout']} min; {minutes['lock_timeout']} min"
        ),
        "PostgreSQL's reply at all, while a request waits; otherwise; a new session": (
            f"{db._STATEMENT_SECONDS:.0f} s; {db._LONG_STATEMENT_SECONDS / 60:.0f} min;"
            f" {db._CONNECT_SECONDS} s"
        ),
        "a request's head; its body; a member list; an idle connection": (
            f"{proxy('client_header_timeout ', 's;')} s at the proxy;"
            f" {bodies._BODY_SECONDS:.0f} s (408);"
            f" {bodies._LARGE_BODY_SECONDS / 60:.0f} min; {server._KEEP_ALIVE_SECONDS} s"
        ),
        "the proxy for a service's response; for one of `/api`": (
            f"{proxy('proxy_read_timeout ', 's;')} s; {proxy('proxy_read_timeout ', 'm;')} min"
        ),
        "each reply of the mail server": (
            "`PANEL_SMTP_TIMEOUT_SECONDS`,"
            f" {RegistrySettings.model_fields['smtp_timeout_seconds'].default} s"
        ),
        "each reply of the OpenID Connect issuer; all requests for its keys": (
            f"{auth._REQUEST_SECONDS} s; {2 * auth._REQUEST_SECONDS} s, then 503"
        ),
        "a request to Kafka; its transaction; a consumer that makes no progress": (
            f"{kafka_default // 1000} s; {relay._TRANSACTION_SECONDS} s;"
            f" {inbox._STALLED_AFTER:.0f} s"
        ),
        "the store of documents; cleaning one, parsing a questionnaire": (
            f"{document_store._TIMEOUT.seconds} s; {cleaning._SECONDS} s"
        ),
        "the export of a trace": f"{tracing._EXPORT_SECONDS:.0f} s",
    }
