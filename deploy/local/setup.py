"""`python -m services.<name> setup` for several services in one process.

Importing the libraries costs more than the set-up itself, so doing it once instead of four times
saves most of a cold start. The services' environments come as JSON in PANEL_SETUPS, so that the
secrets in them stay off the command line.
"""

import json
import os
import runpy
import sys


def main() -> int:
    for name, environment in json.loads(os.environ["PANEL_SETUPS"]).items():
        for variable in [key for key in os.environ if key.startswith("PANEL_")]:
            del os.environ[variable]
        os.environ.update(environment)
        sys.argv = [name, "setup"]
        try:
            runpy.run_module(f"services.{name}", run_name="__main__")
        except SystemExit as ended:
            if ended.code:
                return int(ended.code) if isinstance(ended.code, int) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
