"""`panel demo` and `panel check`: the demonstration and the charter check, as tables."""

from typing import TYPE_CHECKING, Any

import typer

from console.client.vocabulary import PROGRESS
from console.commands.contacts import show_import
from console.commands.options import Json, both, command
from console.commands.projects import show_preview, show_projects
from console.commands.proposals import show_board
from console.commands.reading import show_attention
from console.commands.results import show_results
from console.commands.session import DEFAULT_DATA_DIR, Session, asynchronous, print_json
from console.commands.session import session as session_of
from deploy.cli.member_simulation import show_acts
from services.runtime.text import Text

if TYPE_CHECKING:
    from deploy.charter_check.findings import Finding
    from deploy.demo.demonstration import Result, Wave
    from deploy.demo.reading import Synthesis
    from deploy.local.endpoints import Endpoints

DEMO_DIR = DEFAULT_DATA_DIR / "demo"
BROKEN = 1

_PROMISES = Text(fr="Les promesses de la charte", en="The charter's promises")
_HOLDS = Text(fr="✓ tenue", en="✓ kept")
_BROKEN = Text(fr="✗ rompue {n} fois", en="✗ broken {n} times")
_LOOKED_AT = Text(fr="examinés", en="looked at")
_ALL_HOLD = Text(fr="Toutes les promesses sont tenues.", en="Every promise is kept.")
# Of one promise, in the terminal; the JSON has all.
_NAMES = 10
_MORE = Text(fr="  {code} : et {n} autres", en="  {code}: and {n} others")
_SOME_BROKEN = Text(fr="{n} promesses ne sont pas tenues.", en="{n} promises are not kept.")
_FILE = Text(fr="Le fichier importé", en="The imported file")
_DAY = Text(fr="Le {day} : {titles}", en="{day}: {titles}")
_MAILED = Text(fr="{n} messages remis au serveur de courrier", en="{n} messages handed over")
_APART = Text(
    fr="Les deux campagnes se disputaient les mêmes membres ; sollicités deux fois : {n}",
    en="Both campaigns wanted the same members; asked twice: {n}",
)
_BEFORE = Text(
    fr="dont {n} déjà sollicités 32 jours plus tôt, libres de nouveau",
    en="of whom {n} were asked 32 days before and are free again",
)
_CONTACTS = Text(
    fr="Registre des contacts : {consumed} sollicitations, {free} membres sur {members} peuvent "
    "être sollicités aujourd'hui",
    en="Contact ledger: {consumed} solicitations, {free} of {members} members can be asked today",
)
_SYNTHESIS = Text(fr="Lu et synthétisé : {title}", en="Read and synthesised: {title}")
_MERGED = Text(
    fr="{merged} proposition(s) réunie(s) à une autre, {hidden} contribution(s) masquée(s) avec"
    " motif",
    en="{merged} proposal(s) merged into another, {hidden} contribution(s) hidden with a reason",
)
_ANSWERED = Text(
    fr="Une réponse à chaque proposition : {title}", en="An answer to each proposal: {title}"
)
_PROPOSAL = Text(fr="Proposition", en="Proposal")
_DECISION = Text(fr="Décision", en="Decision")
_SINCE = Text(fr="Depuis", en="Since")
_OUTCOMES = {
    "retained": Text(fr="retenue", en="retained"),
    "partly": Text(fr="retenue en partie", en="partly retained"),
    "not": Text(fr="non retenue", en="not retained"),
}
_SIGNED = Text(
    fr="Rédigées par {drafter}, signées par {signer}. Lisibilité : {score:.0f}/100. {hint}",
    en="Drafted by {drafter}, signed by {signer}. Readability: {score:.0f}/100. {hint}",
)
_CLOSED = Text(
    fr="Le retour est parti à {n} participants ; le projet est clos.",
    en="The report left to {n} participants; the project is closed.",
)
_ACCOUNT = Text(
    fr="Le compte rendu public : {url} (tant que ce panel est en marche)",
    en="The public account: {url} (while this panel is up)",
)
_SECONDS = Text(fr="{n:.0f} secondes.", en="{n:.0f} seconds.")
_CONSOLE = Text(
    fr="La console s'ouvre sur ce panel ; « q » la ferme et arrête tout.",
    en="The console opens on this panel; `q` closes it and stops everything.",
)


def register(app: typer.Typer) -> None:
    command(
        app,
        "demo",
        both("La démonstration complète, sur un panel neuf.", "The whole demonstration, anew."),
    )(demo)
    command(
        app,
        "check",
        both("Vérifier chaque promesse de la charte.", "Verify each of the charter's promises."),
    )(check)


def check(ctx: typer.Context, json: Json = False) -> None:
    from deploy.local import endpoints
    from deploy.local.charter_check import check as judge

    current = session_of(ctx)
    stack = endpoints.read(current.data_dir)
    findings = asynchronous(lambda: judge(stack))
    if json:
        print_json(
            {"holds": all(finding.holds for finding in findings), "promises": _plain(findings)}
        )
    else:
        show_findings(current, findings)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(BROKEN)


def demo(ctx: typer.Context, json: Json = False) -> None:
    import os
    import sys
    from datetime import UTC, datetime
    from time import monotonic

    from deploy.local.endpoints import require_embedded_servers

    require_embedded_servers()
    from deploy.demo import demonstration
    from deploy.demo.members import Members, Rates
    from deploy.local import clock as clocks
    from deploy.local.running import until_told_to_stop
    from deploy.local.stack import Stack
    from deploy.local.staff import LocalStaff

    current = session_of(ctx)
    if current.data_dir == DEFAULT_DATA_DIR:
        current.data_dir = DEMO_DIR
    interactive = sys.stdin.isatty() and sys.stdout.isatty() and not json
    with_console = interactive and os.environ.get("CONSOLE", "yes").lower() != "no"
    began = monotonic()
    results: list[Result] = []

    def report(text: Text, data: dict[str, Any]) -> None:
        passed = f"{monotonic() - began:5.1f} s  "
        current.err.print(passed + current.say(text, **data), style="dim")

    async def live() -> None:
        start = demonstration.start_of(datetime.now(UTC))
        clock = clocks.at(start)
        stack = Stack(current.data_dir, lambda text: report(text, {}), clock, throwaway=True)
        people = Members(demonstration.SEED, Rates(answer=demonstration.ANSWERING))
        async with (
            stack.running() as endpoints,
            LocalStaff(endpoints, current.language) as staff,
            people as members,
        ):
            story = demonstration.Demonstration(endpoints, staff, members, report)
            results.append(await story.run())
            if json:
                print_json(
                    {
                        "holds": results[0].holds,
                        "seconds": round(monotonic() - began, 1),
                        "promises": _plain(results[0].findings),
                    }
                )
            else:
                show_result(current, results[0])
                current.tell(_SECONDS, n=monotonic() - began)
            if with_console:
                current.tell(_CONSOLE)
                await _console(current, endpoints)

    demonstration.wipe(current.data_dir)
    stopped_early = until_told_to_stop(live)
    if stopped_early and not results:
        raise KeyboardInterrupt
    if not results[0].holds:
        raise typer.Exit(BROKEN)


async def _console(current: Session, endpoints: "Endpoints") -> None:
    import asyncio

    from deploy.cli.console import console_command

    process = await asyncio.create_subprocess_exec(*console_command(current, endpoints))
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _plain(findings: "list[Finding]") -> list[dict[str, Any]]:
    return [
        {
            "code": finding.code,
            "holds": finding.holds,
            "looked_at": finding.looked_at,
            "wrong": finding.wrong,
            "named": list(finding.named),
        }
        for finding in findings
    ]


def show_result(current: Session, result: "Result") -> None:
    from rich.rule import Rule

    current.out.print(Rule(current.say(_FILE), align="left"))
    show_import(current, result.dry_run, accept_valid=True)
    imported = result.imported.model_copy(
        update={"errors": [], "codes": [], "names": [], "notices": []}
    )
    show_import(current, imported, accept_valid=True)
    for wave in result.waves:
        _show_wave(current, wave)
        if len(wave.previews) > 1:
            current.tell(_APART, n=result.asked_by_both)
        else:
            current.tell(_BEFORE, n=wave.asked_before)
    current.out.print()
    show_projects(current, result.projects)
    current.tell(
        _CONTACTS,
        consumed=result.contacts.ledger.get("consumed", 0),
        free=result.contacts.can_be_asked_today,
        members=result.contacts.members,
    )
    _show_synthesis(current, result.synthesis)
    _show_answers(current, result)
    show_findings(current, result.findings)


def _show_synthesis(current: Session, synthesis: "Synthesis") -> None:
    from rich.rule import Rule

    current.out.print()
    current.out.print(Rule(current.say(_SYNTHESIS, title=synthesis.title), align="left"))
    show_attention(current, synthesis.attention)
    show_board(current, synthesis.board)
    current.tell(_MERGED, merged=synthesis.merged, hidden=synthesis.hidden)
    show_results(current, synthesis.results)


def _show_answers(current: Session, result: "Result") -> None:
    from rich.rule import Rule
    from rich.table import Table

    account, preview = result.account, result.answered.preview
    current.out.print()
    current.out.print(Rule(current.say(_ANSWERED, title=account.standing.title), align="left"))
    table = Table(box=None, header_style="dim")
    for text in (_PROPOSAL, _DECISION, _SINCE):
        table.add_column(current.say(text))
    for decision in account.decisions:
        table.add_row(
            decision.title,
            current.say(_OUTCOMES[decision.outcome]) if decision.outcome else "",
            " → ".join(current.say(PROGRESS[step.progress]) for step in decision.follow_up),
        )
    current.out.print(table)
    first = account.decisions[0]
    current.tell(
        _SIGNED,
        drafter=first.drafted_by,
        signer=first.signed_by.name if first.signed_by else "",
        score=preview.readability.score,
        hint=preview.readability.hint,
    )
    current.tell(_CLOSED, n=result.reports)
    current.tell(_ACCOUNT, url=result.public_account)


def _show_wave(current: Session, wave: "Wave") -> None:
    from rich.rule import Rule

    titles = " + ".join(wave.titles)
    current.out.print(Rule(current.say(_DAY, day=wave.day, titles=titles), align="left"))
    for title, preview in zip(wave.titles, wave.previews, strict=True):
        show_preview(current, title, preview)
    current.tell(_MAILED, n=wave.messages)
    show_acts(current, wave.acts, quiet=True)


def show_findings(current: Session, findings: "list[Finding]") -> None:
    from rich.table import Table

    from console.commands.terminal import styled

    table = Table(title=current.say(_PROMISES), title_justify="left", box=None, header_style="dim")
    table.add_column()
    table.add_column(current.say(_LOOKED_AT), justify="right")
    table.add_column()
    for finding in findings:
        verdict = current.say(_HOLDS) if finding.holds else current.say(_BROKEN, n=finding.wrong)
        table.add_row(
            styled((verdict, "green" if finding.holds else "bold red")),
            f"{finding.looked_at:,}".replace(",", " "),
            current.say(Text(*finding.sentence)),
        )
    current.out.print(table)
    for finding in findings:
        for name in finding.named[:_NAMES]:
            current.out.print(f"  {finding.code}: {name}", style="red", markup=False)
        if len(finding.named) > _NAMES:
            current.tell(_MORE, code=finding.code, n=len(finding.named) - _NAMES)
    broken = sum(not finding.holds for finding in findings)
    current.out.print(
        current.say(_SOME_BROKEN, n=broken) if broken else current.say(_ALL_HOLD),
        style="bold red" if broken else "bold green",
    )
