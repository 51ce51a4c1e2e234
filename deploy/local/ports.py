"""Ports of a local stack: chosen once and kept, because links in sent messages contain them."""

import json
import random
from pathlib import Path

from deploy.local.errors import LocalError, reserve_port
from services.runtime.text import Text

FILE = "ports.json"
# Below the range from which systems pick ports for outgoing connections: a remembered port would
# otherwise now and then be taken by somebody's passing connection.
LOWEST, HIGHEST = 20_000, 29_999
ATTEMPTS = 100


class Ports:
    """Hands out ports by name; the same name gets the same port again in the same directory."""

    def __init__(self, data_dir: Path, source: random.Random | None = None) -> None:
        self._path = data_dir / FILE
        self._source = source or random.Random()  # noqa: S311 (no secret)
        self._known: dict[str, int] = (
            json.loads(self._path.read_text()) if self._path.exists() else {}
        )

    def forget(self) -> None:
        self._known = {}

    def take(self, name: str) -> int:
        """Raises LocalError when the remembered port is in use by somebody else."""
        if name in self._known:
            return reserve_port(self._known[name])
        self._known[name] = self._choose()
        self._path.write_text(json.dumps(self._known, indent=2, sort_keys=True))
        return self._known[name]

    def _choose(self) -> int:
        for _ in range(ATTEMPTS):
            port = self._source.randint(LOWEST, HIGHEST)
            if port in self._known.values():
                continue
            try:
                return reserve_port(port)
            except LocalError:
                continue
        raise LocalError(
            Text(
                fr=f"Aucun port n'est libre entre {LOWEST} et {HIGHEST}.",
                en=f"No free port was found between {LOWEST} and {HIGHEST}.",
            )
        )
