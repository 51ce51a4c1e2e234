"""Texts being written, stored on disk with every change, so that no crash and no kill loses them.

One file for each text, in a folder for each person (issuer and subject), readable by its owner
alone. Nothing of it leaves the machine. A text that the service accepted is removed.
"""

import json
import os
from collections.abc import Iterator, MutableMapping
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

Fields = dict[str, str]
_ONLY_ME = 0o700


class Drafts(MutableMapping[str, Fields]):
    """By the name of what is being written: "decision ID", "campaign PROJECT"."""

    def __init__(self, folder: Path | None = None) -> None:
        """Without a folder, for as long as the programme runs."""
        self._root = folder
        self._person = ""
        self._folder: Path | None = None
        self._texts: dict[str, Fields] = {}
        # Written in this session, as opposed to found from an earlier one.
        self.touched: set[str] = set()
        self.trouble: OSError | None = None

    @property
    def outlive_the_programme(self) -> bool:
        return self._folder is not None and self.trouble is None

    def belong_to(self, issuer: str, subject: str) -> None:
        """Load this person's drafts in place of another person's. Of a person whom nobody
        can tell from others (no subject), nothing is kept on disk."""
        person = sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:32]
        if person == self._person:
            return
        self._person, self._texts, self.touched = person, {}, set()
        self._folder = folder = self._root / person if self._root and subject else None
        if folder is None:
            return
        try:
            folder.mkdir(mode=_ONLY_ME, parents=True, exist_ok=True)
            for file in sorted(folder.glob("*.json")):
                self._find(file)
        except OSError as error:
            self.trouble = error

    def _find(self, file: Path) -> None:
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            text = {str(name): str(value) for name, value in stored["fields"].items()}
            self._texts[str(stored["of"])] = text
        except (ValueError, KeyError, TypeError, AttributeError):
            # Cut off by a full disk, or of another version: set aside, for a person to look at.
            file.rename(file.with_suffix(".unreadable"))

    def __getitem__(self, name: str) -> Fields:
        return self._texts[name]

    def __setitem__(self, name: str, fields: Fields) -> None:
        self._texts[name] = fields
        self.touched.add(name)
        if self._folder is None:
            return
        try:
            with NamedTemporaryFile(  # created for its owner only
                "w", dir=self._folder, prefix=".", encoding="utf-8", delete=False
            ) as file:
                json.dump({"of": name, "fields": fields}, file)
            os.replace(file.name, self._file(name))
            self.trouble = None
        except OSError as error:
            self.trouble = error

    def __delitem__(self, name: str) -> None:
        del self._texts[name]
        self.touched.discard(name)
        if self._folder is None:
            return
        try:
            self._file(name).unlink(missing_ok=True)
        except OSError as error:
            self.trouble = error

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._texts))

    def __len__(self) -> int:
        return len(self._texts)

    def _file(self, name: str) -> Path:
        assert self._folder
        return self._folder / f"{sha256(name.encode()).hexdigest()[:32]}.json"
