"""Projects and campaigns: from a project file to a launch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from console.client.vocabulary import STATES
from console.commands import mandates
from console.commands.options import Json, both, command, group
from console.commands.refusals import NotFound, Refusal
from console.commands.session import Session, asynchronous, print_json, request, session
from console.words import Text

if TYPE_CHECKING:
    from console.client.staff_client import StaffClient
    from console.commands.project_files import ProjectFile
    from services.contracts.http.campaigns import (
        CampaignSheet,
        CampaignView,
        Preview,
        ProjectView,
    )

_CREATED = Text(
    fr="Projet créé : {title}\n  identifiant {id}, {state}",
    en="Created: {title}\n  id {id}, {state}",
)
_CAMPAIGN = Text(
    fr="  campagne prête à lancer : {title}, {id}", en="  campaign ready to launch: {title}, {id}"
)
_MISSING = Text(fr="  il manque au mandat : {missing}", en="  the mandate lacks: {missing}")
_COLUMNS = (
    Text(fr="projet", en="project"),
    Text(fr="état", en="state"),
    Text(fr="demandés", en="wanted"),
    Text(fr="envoyés", en="sent"),
    Text(fr="oui", en="yes"),
    Text(fr="non", en="no"),
    Text(fr="identifiant", en="id"),
)
# In French the commands have a word of their own for this phase.
_STATES = STATES | {"reporting": Text(fr="retour en cours", en="reporting")}
_PREVIEW = Text(
    fr="{wanted} personnes demandées entre le {first} et le {last} : {can} peuvent l'être sur "
    "{fitting} qui conviennent.",
    en="{wanted} people wanted between {first} and {last}: {can} of the {fitting} who fit can be "
    "asked.",
)
_NOT_NOW = {
    "asked_recently": Text(
        fr="{n} ont été sollicitées il y a moins d'un mois",
        en="{n} were asked less than a month ago",
    ),
    "paused": Text(fr="{n} sont en pause", en="{n} are paused"),
    "already_invited": Text(fr="{n} ont déjà été invitées", en="{n} were invited already"),
    "membership_ending": Text(
        fr="{n} arrivent à la fin de leur adhésion", en="{n} are at the end of their membership"
    ),
}
_OTHER_REASON = Text(fr="{n} : {reason}", en="{n}: {reason}")
_TOO_FEW = Text(
    fr="  {stratum} : {can} au lieu de {wanted}", en="  {stratum}: {can} instead of {wanted}"
)
_NOBODY_HAS = Text(
    fr="  personne dans le panel : {attribute} = {code}",
    en="  nobody in the panel: {attribute} = {code}",
)
_NOBODY_FITS = Text(
    fr="  personne ne correspond à tout cela à la fois.",
    en="  nobody fits all of this at the same time.",
)
_SURE = Text(fr="Lancer ?", en="Launch?")
_LAUNCHED = Text(
    fr="Lancée : {title} ; engagement du tirage {commitment}…",
    en="Launched: {title}; commitment of the draw {commitment}…",
)
_NOT_LEARNT = Text(
    fr="le service responses n'a pas encore appris l'existence du projet.",
    en="the service responses has not learnt of the project yet.",
)
_NOT_LAUNCHED = Text(fr="Rien n'a été lancé.", en="Nothing was launched.")


class NothingToLaunch(Refusal):
    sentence = Text(
        fr="Indiquez des fichiers de campagne ou des identifiants.",
        en="Name campaign files or ids.",
    )


def register(app: typer.Typer) -> None:
    projects = group(app, "projects", both("Les projets.", "Projects."))
    command(projects, "create", both("Créer d'après une fiche.", "Create from a file."))(create)
    command(projects, "publish", both("Publier un projet.", "Publish a project."))(publish)
    command(projects, "list", both("Les projets et leurs nombres.", "Projects, with numbers."))(
        list_
    )
    mandates.register(projects)
    campaigns = group(app, "campaigns", both("Les campagnes.", "Campaigns."))
    command(
        campaigns,
        "launch",
        both(
            "Lancer ensemble : fiches YAML, identifiants de campagne ou de projet.",
            "Launch together: YAML files, ids of campaigns or of projects.",
        ),
    )(launch)


def create(
    ctx: typer.Context,
    sheet: Annotated[Path, typer.Argument(metavar="FILE.yaml")],
    publish: Annotated[
        bool,
        typer.Option("--publish", help=both("Le publier aussitôt.", "Publish it at once.")),
    ] = False,
    json: Json = False,
) -> None:
    from console.commands import project_files

    current = session(ctx)
    project_file = project_files.read(sheet)

    async def work() -> "tuple[ProjectView, CampaignView | None]":
        async with current.staff() as staff:
            return await create_project(staff, project_file, publish=publish)

    project, campaign = asynchronous(work)
    if json:
        print_json({"project": project, "campaign": campaign})
        return
    current.tell(
        _CREATED, title=project.title, id=project.id, state=current.say(_STATES[project.state])
    )
    if project.missing:
        current.tell(_MISSING, missing=", ".join(project.missing))
    if campaign:
        current.tell(_CAMPAIGN, title=campaign.title, id=campaign.id)


async def create_project(
    staff: "StaffClient", sheet: "ProjectFile", *, publish: bool
) -> "tuple[ProjectView, CampaignView | None]":
    """Create everything in a project file; its questionnaire waits for the publication.

    Raises TookTooLong.
    """
    project = await staff.create_project(sheet.project)
    campaign = sheet.campaign(project.id)
    created = await staff.create_campaign(campaign) if campaign else None
    if publish:
        project = await staff.publish_project(project.id)
        if sheet.questionnaire:
            await until_collection(staff, project.id)
            await sheet.prepare(staff, project.id)
    return project, created


async def until_collection(staff: "StaffClient", project_id: UUID) -> None:
    """Wait until responses has learnt of a published project. Raises TookTooLong."""
    from console.commands.waiting import until

    async def is_listed() -> bool:
        return project_id in {collection.project_id for collection in await staff.collections()}

    await until(is_listed, _NOT_LEARNT)


def publish(
    ctx: typer.Context,
    id: Annotated[UUID, typer.Argument(metavar="ID")],
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.yaml",
            help=both("Envoyer aussi son questionnaire.", "Send its questionnaire too."),
        ),
    ] = None,
    json: Json = False,
) -> None:
    from console.commands import project_files

    current = session(ctx)
    project_file = project_files.read(sheet) if sheet else None

    async def work() -> "ProjectView":
        async with current.staff() as staff:
            published = await staff.publish_project(id)
            if project_file and project_file.questionnaire:
                await until_collection(staff, id)
                await project_file.prepare(staff, id)
            return published

    project = asynchronous(work)
    if json:
        print_json(project)
    else:
        show_projects(current, [project])


def list_(ctx: typer.Context, json: Json = False) -> None:
    current = session(ctx)

    async def work() -> "list[ProjectView]":
        async with current.staff() as staff:
            return await staff.projects()

    projects = asynchronous(work)
    if json:
        print_json(projects)
    else:
        show_projects(current, projects)


def show_projects(current: Session, projects: "list[ProjectView]") -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim")
    for position, column in enumerate(_COLUMNS):
        last = position == len(_COLUMNS) - 1
        table.add_column(
            current.say(column), justify="right" if 2 <= position <= 5 else "left", no_wrap=last
        )
    for project in projects:
        counts = project.counts
        numbers = (counts.wanted, counts.sent, counts.accepted, counts.declined)
        table.add_row(
            project.title, current.say(_STATES[project.state]), *map(str, numbers), str(project.id)
        )
    current.out.print(table)


def launch(
    ctx: typer.Context,
    targets: Annotated[list[str], typer.Argument(metavar="FILE.yaml|ID…")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help=both("Ne rien demander.", "Ask nothing."))
    ] = False,
    json: Json = False,
) -> None:
    from console.commands import project_files
    from services.contracts.http.campaigns import Launch

    current = session(ctx)
    ids, made_of = [], []
    for target in targets:
        try:
            ids.append(UUID(target))
        except ValueError:
            made_of.append(project_files.read_campaign(Path(target)))

    async def prepare() -> "list[tuple[CampaignView, Preview]]":
        async with current.staff() as staff:
            campaigns = await _campaigns(staff, ids, made_of)
            return [(campaign, await staff.preview(campaign.id)) for campaign in campaigns]

    async def go(campaigns: "list[CampaignView]") -> "list[CampaignView]":
        async with current.staff() as staff:
            order = request(Launch, campaign_ids=[campaign.id for campaign in campaigns])
            return await staff.launch(order)

    prepared = asynchronous(prepare)
    if not prepared:
        raise NothingToLaunch
    if not json:
        for campaign, preview in prepared:
            show_preview(current, campaign.title, preview)
    if not yes and not current.confirms(_SURE, err=True):
        current.tell(_NOT_LAUNCHED)
        raise typer.Exit(1)
    launched = asynchronous(lambda: go([campaign for campaign, _ in prepared]))
    if json:
        print_json(launched)
        return
    for one in launched:
        current.tell(_LAUNCHED, title=one.title, commitment=(one.draw_commitment or "")[:16])


async def _campaigns(
    staff: "StaffClient", ids: list[UUID], made_of: "list[CampaignSheet]"
) -> "list[CampaignView]":
    """Of the ids (a project's stands for its drafts), and of the files. Raises NotFound."""
    chosen: list[CampaignView] = []
    unknown = set(ids)
    for project in await staff.projects() if ids else []:
        of_project = await staff.campaigns_of(project.id)
        unknown -= {project.id, *(campaign.id for campaign in of_project)}
        chosen += [
            campaign
            for campaign in of_project
            if campaign.id in ids or (project.id in ids and campaign.state == "draft")
        ]
    if unknown:
        raise NotFound(what=", ".join(map(str, sorted(unknown))))
    return [*chosen, *[await staff.create_campaign(sheet) for sheet in made_of]]


def show_preview(current: Session, title: str, preview: "Preview") -> None:
    current.out.print(title, style="bold")
    current.tell(
        _PREVIEW,
        wanted=preview.wanted,
        first=preview.first_day,
        last=preview.last_day,
        can=preview.can_be_asked,
        fitting=preview.fitting,
    )
    for reason, n in preview.not_now.items():
        if n:
            text = _NOT_NOW.get(reason, _OTHER_REASON)
            current.out.print(f"  {current.say(text, n=n, reason=reason)}")
    for part in preview.held_by_nobody:
        current.tell(_NOBODY_HAS, attribute=part.attribute, code=part.code)
    if not preview.fitting and not preview.held_by_nobody:
        current.tell(_NOBODY_FITS)
    for stratum in preview.strata:
        if stratum.can_be_asked < stratum.wanted:
            current.tell(
                _TOO_FEW,
                stratum=stratum.stratum,
                can=stratum.can_be_asked,
                wanted=stratum.wanted,
            )
