"""Rules of the structure that `.importlinter` cannot state, checked for every module there is."""

import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "campaigns", "responses", "feedback")
EDGES = {"api", "pages", "consumers", "jobs"}
# Modules of a subject by their layer; `rules_x` and `use_cases_x` count as the first word.
LAYERS = {"rules": 0, "store": 1, "views": 1, "use_cases": 2} | dict.fromkeys(EDGES, 3)
# What a subject has besides: each entry names a mechanism, and a new one is a decision.
MECHANISMS = {
    "registry.deliveries": {"circuit_breaker", "metrics", "replies", "sender", "smtp"},
    "registry.imports": {"csv"},
    "registry.members": {"addresses", "contact_encryption"},
    "registry.messages": {"links", "renderer"},
    "campaigns.credentials": {"issuer"},
    "campaigns.projects": {"signing_keys"},
    "responses.collections": {"daily_clock"},
    "responses.documents": {
        "cleaning",
        "document_store",
        "drawn_pdf",
        "embedded_images",
        "isolated_subprocess",
        "pdf_objects",
        "pixels",
    },
    "responses.questionnaires": {"imports"},
    "responses.results": {"exports"},
    "responses.submissions": {"intake", "response_page", "sealing"},
}
IMPURE = {"services.contracts", "faststream", "aiokafka", "asyncpg", "fastapi", "httpx"}
LARGEST_FILE = 500


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph(
        "services", "console", "panel", "deploy", include_external_packages=True, cache_dir=None
    )


def subjects() -> Iterator[Path]:
    for service in SERVICES:
        for folder in sorted((ROOT / "services" / service).iterdir()):
            if (folder / "__init__.py").exists():
                yield folder


def layer_of(module: str) -> str:
    """`rules_audiences` belongs to the layer `rules`."""
    return next((name for name in LAYERS if re.fullmatch(f"{name}(_.+)?", module)), module)


@pytest.mark.parametrize("folder", list(subjects()), ids=lambda f: f"{f.parent.name}.{f.name}")
def test_a_subject_has_the_modules_that_every_subject_has(folder: Path) -> None:
    subject = f"{folder.parent.name}.{folder.name}"
    modules = {
        path.stem
        for path in folder.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__"}
    unknown = {name for name in modules if layer_of(name) not in LAYERS}
    assert unknown == MECHANISMS.get(subject, set())


@pytest.mark.parametrize("folder", list(subjects()), ids=lambda f: f"{f.parent.name}.{f.name}")
def test_imports_inside_a_subject_go_down(folder: Path) -> None:
    package = f"services.{folder.parent.name}.{folder.name}"
    upward = []
    for importer in imports().find_descendants(package):
        upper = layer_of(importer.removeprefix(f"{package}.").split(".")[0])
        for imported in imports().find_modules_directly_imported_by(importer):
            lower = layer_of(imported.removeprefix(f"{package}.").split(".")[0])
            inside = imported.startswith(f"{package}.")
            if inside and LAYERS.get(upper, 9) < LAYERS.get(lower, -1):
                upward.append(f"{importer} -> {imported}")
    assert not upward


def test_rules_reach_no_contract_database_broker_or_http() -> None:
    impure = {}
    for module in imports().modules:
        parts = module.split(".")
        if len(parts) > 3 and parts[1] in SERVICES and layer_of(parts[3]) == "rules":
            reached = imports().find_upstream_modules(module)
            if found := {name for name in reached if _is_any_of(name, IMPURE)}:
                impure[module] = found
    assert not impure


def test_contracts_import_pydantic_and_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"pydantic", "pydantic_core"}
    foreign = {
        imported
        for module in imports().find_descendants("services.contracts")
        for imported in imports().find_modules_directly_imported_by(module)
        if not imported.startswith("services.contracts") and imported not in allowed
    }
    assert not foreign


@pytest.mark.parametrize("package", ["services", "console", "panel", "deploy"])
def test_no_module_imports_itself_by_a_detour(package: str) -> None:
    graph = imports()
    modules = {m for m in graph.modules if m == package or m.startswith(f"{package}.")}
    circles = {m for m in modules if m in graph.find_upstream_modules(m)}
    assert not circles


def test_no_file_is_longer_than_500_lines() -> None:
    long = {}
    for folder in ("services", "console", "panel", "deploy", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = len(path.read_text().splitlines())
            if lines > LARGEST_FILE:
                long[str(path.relative_to(ROOT))] = lines
    assert not long


def test_queries_name_their_parameters() -> None:
    """Numbered parameters belong to the functions of migrations alone."""
    numbered = [
        str(path.relative_to(ROOT))
        for folder in ("services", "deploy", "panel", "tests")
        for path in (ROOT / folder).rglob("*.sql")
        if path.parent.name != "migrations" and re.search(r"\$\d", path.read_text())
    ]
    assert not numbered


def test_no_test_module_imports_another() -> None:
    pattern = re.compile(r"^(?:from|import) tests\.(?:\w+\.)*test_\w+", re.MULTILINE)
    importers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if pattern.search(path.read_text())
    ]
    assert not importers


def _is_any_of(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
