"""The report of a project, as commands: written, looked at, published."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import As, Json, Project, both, command, group
from console.commands.session import Session, asynchronous, print_json, request, session, show
from console.words import Text

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from services.contracts.http.feedback import ReportPreview, ReportView

_WORD = Text(fr="PUBLIER", en="PUBLISH")
_WILL = Text(
    fr="Le retour et {n} décision(s) deviennent publics ; {people} participant(s) recevront un avis"
    " avec le lien.",
    en="The report and {n} decision(s) become public; {people} participant(s) will get a notice"
    " with the link.",
)
_TYPE = Text(fr="Tapez {word} pour publier", en="Type {word} to publish")
_LEFT_ALONE = Text(fr="Rien n'a été fait.", en="Nothing was done.")
_PUBLISHED = Text(
    fr="Retour publié, version {version} : {url}", en="Published, version {version}: {url}"
)
_WRITTEN = Text(
    fr="Résumé enregistré, version {version}. « panel reports preview » le montre en place.",
    en="Summary saved, version {version}. `panel reports preview` shows it in its place.",
)
_READS = Text(
    fr="Lisibilité {score:.0f} sur 100, {words:.0f} mots par phrase. {hint}",
    en="Readability {score:.0f} of 100, {words:.0f} words a sentence. {hint}",
)
_STOPPED = Text(fr="Avant de publier :", en="Before it can be published:")
_NOTHING_STOPS = Text(fr="Rien n'empêche de publier.", en="Nothing prevents the publication.")
_NOT_READABLE = Text(fr="{file} ne peut pas être lu.", en="{file} cannot be read.")
_WRITE = both("Écrire le résumé (- : entrée standard).", "Write the summary (-: standard input).")
_PREVIEW = both("Le retour tel qu'il sera lu.", "The report as it will be read.")
_PUBLISH = both(
    "Publier le retour et les décisions signées.", "Publish the report and the signed decisions."
)


def register(app: typer.Typer) -> None:
    reports = group(app, "reports", both("Les retours aux participants.", "Reports."))
    command(reports, "write", _WRITE)(write)
    command(reports, "preview", _PREVIEW)(preview)
    command(reports, "publish", _PUBLISH)(publish)


def write(
    ctx: typer.Context,
    project: Project,
    file: Annotated[str, typer.Argument(metavar="FILE|-")],
    version: Annotated[
        int | None,
        typer.Option("--version", help=both("Version lue.", "Version read.")),
    ] = None,
    person: As = None,
    json: Json = False,
) -> None:
    from services.contracts.http.feedback import WriteReport

    summary = _read_text(session(ctx), file)

    async def send(staff: "StaffClient") -> "ReportView":
        read_version = (
            (await staff.project_account(project)).report.version if version is None else version
        )
        draft = request(WriteReport, version=read_version, summary=summary)
        return await staff.write_report(project, draft)

    show(
        ctx,
        send,
        lambda current, saved: current.tell(_WRITTEN, version=saved.version),
        json,
        person,
    )


def preview(ctx: typer.Context, project: Project, json: Json = False) -> None:
    show(ctx, lambda staff: staff.preview_report(project), show_preview, json)


def publish(
    ctx: typer.Context,
    project: Project,
    yes: Annotated[
        bool, typer.Option("--yes", help=both("Ne pas demander.", "Do not ask."))
    ] = False,
    person: As = None,
    json: Json = False,
) -> None:
    from services.contracts.http.feedback import PublishReport

    current = session(ctx)

    async def send() -> None:
        async with current.staff(person) as staff:
            account = await staff.project_account(project)
            preview = await staff.preview_report(project)
            if not preview.blocked_by and not yes:
                published_project = await staff.project(project)
                duties, counts = published_project.report_duties, published_project.counts
                people = (
                    duties.owed + duties.sent + duties.undeliverable
                    if duties
                    else counts.accepted - counts.left - counts.waitlisted
                )
                signed = sum(decision.state == "signed" for decision in account.decisions)
                current.tell(_WILL, n=signed, people=people)
                word = current.say(_WORD)
                if current.typed(_TYPE, word=word) != word:
                    current.tell(_LEFT_ALONE)
                    return
            order = request(PublishReport, version=account.report.version)
            published = await staff.publish_report(project, order)
        if json:
            print_json(published)
        else:
            report = published.report
            current.tell(_PUBLISHED, version=report.published_version, url=report.url)

    asynchronous(send)


def _read_text(current: Session, file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(current.say(_NOT_READABLE, file=file)) from error


def show_preview(current: Session, preview: "ReportPreview") -> None:
    current.out.print(preview.text)
    reads = preview.readability
    current.out.rule(style="dim")
    current.tell(_READS, score=reads.score, words=reads.words_per_sentence, hint=reads.hint)
    if not preview.blocked_by:
        current.tell(_NOTHING_STOPS)
        return
    current.tell(_STOPPED)
    for reason in preview.blocked_by:
        current.out.print(f"  - {reason}")
