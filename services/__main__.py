"""`python -m services NAME setup|serve`: one image, whose command chooses the service."""

import runpy
import sys

from services.runtime.version import running_version

NAMES = ("registry", "campaigns", "responses", "feedback")


def main() -> int:
    if sys.argv[1:] == ["--version"]:
        print(running_version())
        return 0
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        print(f"usage: {{{'|'.join(NAMES)}}} {{setup|serve}}", file=sys.stderr)
        return 64
    name = sys.argv.pop(1)
    runpy.run_module(f"services.{name}", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
