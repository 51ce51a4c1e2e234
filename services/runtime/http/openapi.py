"""Problem responses in the OpenAPI document of every operation.

Derived rather than declared route by route, where one more refusal would be forgotten.
"""

from typing import Any

from services.contracts.http.common import Problem

PROBLEM_MEDIA_TYPE = "application/problem+json"

_PROBLEMS = {
    "401": ("NotSignedIn", "Nobody is signed in, or no longer."),
    "403": ("NotAllowed", "Not for this person: the role or the link does not open this."),
    "404": ("NotFound", "Nothing has this id."),
    "409": ("Conflict", "Not as things stand; `way_out` says what can be done."),
    "408": ("BodyTooSlow", "The body did not arrive whole in time."),
    "413": ("TooLarge", "The body is larger than is taken here."),
    "422": ("Malformed", "Not of the expected form; `errors` says where, and never what was sent."),
    "429": ("TooOften", "Too many requests in a short time; `Retry-After` says when to come back."),
    "503": ("Busy", "Took too long, or who is asking cannot be verified at the moment."),
}
_UNUSED_SCHEMAS = ("HTTPValidationError", "ValidationError")


def add_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Add to each operation the problem responses that it can return."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status in _statuses(operation, has_path_parameter="{" in path):
                name, _ = _PROBLEMS[status]
                operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _UNUSED_SCHEMAS:
        schemas.pop(name, None)
    schemas[Problem.__name__] = Problem.model_json_schema()
    content = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    components["responses"] = {
        name: {"description": description, "content": content}
        for name, description in _PROBLEMS.values()
    }
    return document


def _statuses(operation: dict[str, Any], has_path_parameter: bool) -> list[str]:
    statuses = ["403", "422", "429", "503"]
    if "security" in operation:
        statuses.append("401")
    if "requestBody" in operation:
        statuses += ["408", "413"]
    if has_path_parameter or "requestBody" in operation:
        statuses += ["404", "409"]
    return statuses
