"""How far what is on screen can be trusted; light to import."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from console.words import Language, Text, clock_time


@dataclass(frozen=True)
class Freshness:
    state: Literal["starting", "live", "behind", "cut_off", "never"]
    heard_at: datetime | None = None
    seconds: int = 0

    @property
    def is_live(self) -> bool:
        return self.state == "live"

    def say(self, language: Language) -> str:
        since = clock_time(self.heard_at) if self.heard_at else ""
        return _SAID[self.state].in_(language, seconds=self.seconds, since=since)


_SAID = {
    "starting": Text(fr="◌ connexion…", en="◌ connecting…"),
    "live": Text(fr="● en direct", en="● live"),
    "behind": Text(fr="◌ en retard de {seconds} s", en="◌ {seconds} s behind"),
    "cut_off": Text(
        fr="✕ coupé depuis {since}, nouvel essai", en="✕ cut off since {since}, trying again"
    ),
    "never": Text(fr="✕ pas de réponse, nouvel essai", en="✕ no answer, trying again"),
}
