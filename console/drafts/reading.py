"""A reading before it is recorded: what it links and marks, and how long it took so far."""

from dataclasses import dataclass, field
from uuid import UUID

from services.contracts.http.reading import Mark


@dataclass
class Begun:
    proposals: set[UUID] = field(default_factory=set)
    mark: Mark | None = None
    seconds: float = 0.0

    def toggle_link(self, proposal: UUID) -> None:
        """A contribution that suggests something is not marked as suggesting nothing."""
        self.proposals ^= {proposal}
        if self.proposals and self.mark is Mark.NO_SUGGESTION:
            self.mark = None

    def toggle_mark(self, mark: Mark) -> None:
        self.mark = None if self.mark == mark else mark
        if self.mark is Mark.NO_SUGGESTION:
            self.proposals.clear()

    @property
    def says_something(self) -> bool:
        return bool(self.proposals or self.mark)
