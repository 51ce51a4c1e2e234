"""docs/configuration.md: the settings of every service, from their models."""

import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from deploy.backup import BackupSettings
from deploy.doctor.deployment import DoctorSettings
from services.campaigns.settings import CampaignsSettings
from services.feedback.settings import FeedbackSettings
from services.registry.settings import RegistrySettings
from services.responses.settings import ResponsesSettings
from services.runtime.settings import Environment, Settings

MODELS: dict[str, type[Settings]] = {
    "registry": RegistrySettings,
    "campaigns": CampaignsSettings,
    "responses": ResponsesSettings,
    "feedback": FeedbackSettings,
}

_INTRODUCTION = """\
# Configuration

Written by `python -m deploy.generate.describe` from the settings models: do not edit.

Services read environment variables when they start, and nothing else. Each variable can also be
given as the path of a file that holds the value, under the same name with `_FILE` at the end, as
container engines mount secrets. A **secret** has no default, and is never logged. A missing or
invalid variable stops the service at its start, with its name and its expected form.
"""

_DOCTOR = """\
`panel doctor --deployed` reads the variables of services: `PANEL_MODE`, `PANEL_ISSUER`, those of
Kafka (the user is `setup`) and of mail above, and:
"""

_BACKUP = """\
If one of these is set, `panel backup` and `panel restore` work on a deployment, otherwise on the
local panel:
"""


def is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def reference() -> str:
    """Render the page in Markdown."""
    parts = [_INTRODUCTION, _section("Every service", Settings, set())]
    common = set(Settings.model_fields)
    parts += [_section(name, model, common) for name, model in MODELS.items()]
    common |= set(RegistrySettings.model_fields)
    parts += [_section("doctor", DoctorSettings, common, _DOCTOR)]
    parts += [_section("backup and restore", BackupSettings, set(), _BACKUP)]
    return "\n".join(parts)


def _section(
    title: str, model: type[Environment], described: set[str], introduction: str = ""
) -> str:
    lines = [
        f"## {title}",
        "",
        *([introduction] if introduction else []),
        "| variable | meaning | default |",
        "|---|---|---|",
    ]
    prefix = model.model_config["env_prefix"]
    for name, field in model.model_fields.items():
        if name in described:
            continue
        secret = "**secret**, " if is_secret(field) else ""
        meaning = field.description or "–"
        lines.append(
            f"| `{prefix}{name.upper()}` | {secret}{_kind(field.annotation)}: {meaning} |"
            f" {_default(field)} |"
        )
    return "\n".join([*lines, ""])


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return "none" if field.default in (None, ()) else f"`{field.default}`"


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [
            alternative for alternative in get_args(annotation) if alternative is not type(None)
        ]
        return " or ".join(map(_kind, inner))
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{literal}`" for literal in get_args(annotation))
    names = {str: "text", int: "number", float: "number", bool: "yes or no", Path: "path"}
    if annotation in names:
        return names[annotation]
    return "text" if annotation is SecretStr else "JSON"
