"""The licence of each component of a CycloneDX document, as CSV: name, version, licences.

Usage: python -m deploy.generate.licences SBOM.json
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any


def licences(component: dict[str, Any]) -> str:
    """By SPDX id where there is one; "?" where the package says nothing."""
    said = set()
    for one in component.get("licenses", ()):
        named = one.get("license", {})
        said.add(one.get("expression") or named.get("id") or named.get("name") or "?")
    return " / ".join(sorted(said)) or "?"


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text())
    writer = csv.writer(sys.stdout)
    writer.writerow(["name", "version", "licences"])
    for one in sorted(document["components"], key=lambda found: str(found["name"]).lower()):
        writer.writerow([one["name"], one.get("version", ""), licences(one)])


if __name__ == "__main__":
    main()
