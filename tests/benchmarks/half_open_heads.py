"""Visitors among half-open connections: `python -m tests.benchmarks.half_open_heads`.

Clients send half a head and connect again whenever they are closed; a visitor asks meanwhile
(decision 0033). With nginx, the proxy's own time-outs stand before the service.
"""

import argparse
import asyncio
import re
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from starlette.types import Receive, Scope, Send

from services.runtime.http.server import server

_CLIENTS = 1_500
_SECONDS = 20
_SERVICE_PORT, _PROXY_PORT = 18_801, 18_802
_HALF_HEAD = b"GET / HTTP/1.1\r\nHost: panel.test\r\n"
_PROJECT_CONFIGURATION = Path(__file__).parents[2] / "deploy/proxy/nginx.conf"
_LIMITS = r"(?:client_\w+_timeout|large_client_header_buffers|keepalive_timeout) [^;]+;"
_CONFIGURATION = """
pid {folder}/pid; error_log {folder}/errors; daemon off;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;
  {limits}
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{service}; }} }}
}}
"""


async def no_content(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def half_open(port: int) -> None:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_HALF_HEAD)
            await reader.read()
            writer.close()
        except OSError:
            await asyncio.sleep(0.2)
        await asyncio.sleep(0.05)


async def visit(port: int) -> str:
    """The status of the response, or the reason why there is none."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_HALF_HEAD + b"Connection: close\r\n\r\n")
            status = (await reader.readline()).split(b" ")
            writer.close()
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    return status[1].decode() if len(status) > 1 else "closed"


async def measure(port: int) -> None:
    http_server = server(no_content, "127.0.0.1", _SERVICE_PORT)
    serving = asyncio.create_task(http_server.serve())
    await asyncio.sleep(1)
    clients = [asyncio.create_task(half_open(port)) for _ in range(_CLIENTS)]
    await asyncio.sleep(3)
    statuses: Counter[str] = Counter()
    durations, connections = [], 0
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        started = time.perf_counter()
        statuses[await visit(port)] += 1
        durations.append(time.perf_counter() - started)
        connections = max(connections, len(http_server.server_state.connections))
        await asyncio.sleep(0.25)
    for client in clients:
        client.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    http_server.should_exit = True
    await serving
    print(f"visitors {dict(statuses)}, median {median(durations) * 1000:.0f} ms")
    print(f"most connections at the service: {connections}")


@contextmanager
def proxy(nginx: str) -> Iterator[int]:
    limits = re.findall(_LIMITS, _PROJECT_CONFIGURATION.read_text())
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder, limits="\n".join(limits), port=_PROXY_PORT, service=_SERVICE_PORT
            )
        )
        process = subprocess.Popen([nginx, "-p", folder, "-c", str(configuration)])
        try:
            yield _PROXY_PORT
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.half_open_heads")
    parser.add_argument(
        "--nginx", help="its executable; without it the service is reached directly"
    )
    nginx = parser.parse_args().nginx
    if not nginx:
        asyncio.run(measure(_SERVICE_PORT))
        return
    with proxy(nginx) as port:
        asyncio.run(measure(port))


if __name__ == "__main__":
    main()
