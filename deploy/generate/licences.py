"""The licence of each component of a CycloneDX document, as CSV: name, version, licences.

Usage: python -m deploy.generate.licences SBOM.json
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any


def licences(component: dict[str, Any]) -> str:
    """Licences of a component, by SPDX id where possible; "?" if it declares none."""
    licences = set()
    for entry in component.get("licenses", ()):
        licence = entry.get("license", {})
        licences.add(entry.get("expression") or licence.get("id") or licence.get("name") or "?")
    return " / ".join(sorted(licences)) or "?"


def main() -> None:
    document = json.loads(Path(sys.argv[1]).read_text())
    writer = csv.writer(sys.stdout)
    writer.writerow(["name", "version", "licences"])
    for component in sorted(
        document["components"], key=lambda candidate: str(candidate["name"]).lower()
    ):
        writer.writerow([component["name"], component.get("version", ""), licences(component)])


if __name__ == "__main__":
    main()
