"""The running version, from the image's environment or the installation's metadata."""

import os
from importlib.metadata import PackageNotFoundError, version

_PACKAGE = "citizen-panel"


def running_version() -> str:
    """Such as `1.4.0` or `1.4.0 (3f2c1ab)`."""
    number, revision = os.environ.get("PANEL_VERSION"), os.environ.get("PANEL_REVISION")
    if not number:
        try:
            number = version(_PACKAGE)
        except PackageNotFoundError:
            number = "unknown"
    return f"{number} ({revision})" if revision and revision != "unknown" else number
