"""`panel backup` and `panel restore`: of a local panel, or of the deployment in the environment."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import both, command
from console.commands.session import Session, session
from services.runtime.refusal import Refusal
from services.runtime.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_SAVED = Text(
    fr="Sauvegardé dans {folder} : {megabytes:.1f} Mo, {names}.",
    en="Saved in {folder}: {megabytes:.1f} MB, {names}.",
)
_FORGOTTEN = Text(fr="Effacée, trop ancienne : {folder}.", en="Deleted, as too old: {folder}.")
_PUT_BACK = Text(
    fr="{service} est rétabli tel qu'il était le {at:%d/%m/%Y à %H:%M} UTC. À son prochain"
    " démarrage, il rattrape d'abord ce qu'il avait dit depuis ; rien ne part avant.",
    en="{service} is back as it was on {at:%d %B %Y at %H:%M} UTC. At its next start it first"
    " catches up with what it had said since; nothing is sent before.",
)


class PanelStillUp(Refusal):
    sentence = Text(fr="Le panel de {directory} tourne.", en="The panel in {directory} is running.")
    way_out = Text(fr="Arrêtez-le d'abord : « panel down ».", en="Stop it first: `panel down`.")


class WhichService(Refusal):
    status = 422
    sentence = Text(
        fr="Nommez ce qui est à rétablir : --service {services}, ou --all.",
        en="Name what to put back: --service {services}, or --all.",
    )


class NoIdentity(Refusal):
    sentence = Text(
        fr="Il manque la clé qui ouvre les sauvegardes.",
        en="The key that opens backups is missing.",
    )
    way_out = Text(
        fr="PANEL_BACKUP_IDENTITY_FILE nomme le fichier qui la contient.",
        en="PANEL_BACKUP_IDENTITY_FILE names the file that holds it.",
    )


def register(app: typer.Typer) -> None:
    command(
        app,
        "backup",
        both("Sauvegarder les bases, chiffrées.", "Back the databases up, encrypted."),
    )(backup)
    command(
        app,
        "restore",
        both("Rétablir des bases sauvegardées.", "Put databases back from a backup."),
    )(restore)


def backup(
    ctx: typer.Context,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help=both("Où [DIR de données/backups].", "Where [data directory/backups]."),
        ),
    ] = None,
    keep_days: Annotated[
        int,
        typer.Option(
            min=1,
            help=both(
                "Effacer ensuite les plus anciennes que cela, 35 jours au plus.",
                "Then delete those older than this, 35 days at most.",
            ),
        ),
    ] = 35,
) -> None:
    from deploy import backup as backups

    current = session(ctx)
    if keep_days > backups.LONGEST_KEPT.days:
        raise backups.KeptTooLong(most=backups.LONGEST_KEPT.days)
    settings = backups.BackupSettings.from_variables()
    if settings:
        instant, dsns, recipient = _wall_clock(), settings.dsns(), settings.recipient
    else:
        instant, dsns, recipient = _local(current)
    folder = to or current.data_dir / "backups"
    backup_folder = backups.save(dsns, folder, recipient, instant)
    saved = backups.read_manifest(backup_folder).databases
    current.tell(
        _SAVED,
        folder=backup_folder,
        megabytes=sum(database.bytes for database in saved.values()) / 1e6,
        names=", ".join(saved),
    )
    for old in backups.forget(folder, instant, timedelta(days=keep_days)):
        current.tell(_FORGOTTEN, folder=old)


def restore(
    ctx: typer.Context,
    saved: Annotated[Path, typer.Argument(metavar="BACKUP")],
    service: Annotated[
        list[str] | None,
        typer.Option(
            help=both(
                "Ce qui est à rétablir ; peut être répété.", "What to put back; may be repeated."
            )
        ),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help=both("Les quatre bases.", "All four databases."))
    ] = False,
    lose_unsent: Annotated[
        bool,
        typer.Option(
            "--lose-unsent",
            help=both(
                "Même si la base actuelle contient des événements que personne n'a appris.",
                "Even if the database as it is holds events that nobody has been told.",
            ),
        ),
    ] = False,
) -> None:
    from deploy import backup as backups

    current = session(ctx)
    manifest = backups.read_manifest(saved)
    names = sorted(manifest.databases) if all_ else service or []
    if not names or not set(names) <= set(manifest.databases):
        raise WhichService(services="|".join(sorted(manifest.databases)))

    def put_back(dsns: "Mapping[str, str]", identity: str, instant: "datetime") -> None:
        chosen = {name: dsns[name] for name in names}
        back = backups.restore(saved, chosen, identity, instant, lose_unsent=lose_unsent)
        for name in back:
            current.tell(_PUT_BACK, service=name, at=manifest.saved_at)

    settings = backups.BackupSettings.from_variables()
    if settings is None:
        _on_local_servers(current, names, put_back)
    elif settings.identity is None:
        raise NoIdentity
    else:
        put_back(settings.dsns(), settings.identity.get_secret_value(), _wall_clock())


def _wall_clock() -> "datetime":
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _local(current: Session) -> "tuple[datetime, dict[str, str], str]":
    """Time, DSNs and public key of the running local panel. Raises StackNotRunning."""
    from deploy.local import endpoints
    from deploy.local.keys import backup_keys
    from services.runtime.clock import SharedClock

    stack = endpoints.read(current.data_dir)
    instant = SharedClock(stack.clock_file).now()
    return instant, stack.postgres.dsns, backup_keys(current.data_dir)[1]


def _on_local_servers(current: Session, names: list[str], put_back: Any) -> None:
    """Restore a stopped local panel: only its database server runs meanwhile."""
    import asyncio

    from deploy.local import endpoints

    endpoints.require_embedded_servers()
    from deploy.local.keys import backup_keys
    from deploy.local.postgres import EmbeddedPostgres
    from services.runtime.clock import SharedClock

    try:
        endpoints.read(current.data_dir)
    except endpoints.StackNotRunning:
        pass
    else:
        raise PanelStillUp(directory=current.data_dir)
    instant = SharedClock(current.data_dir / "clock.json").now()

    async def run() -> None:
        postgres = EmbeddedPostgres(current.data_dir / "postgres")
        await postgres.start()
        try:
            for name in names:
                await postgres.ensure_database(name)
            dsns = {name: postgres.dsn(name) for name in names}
            await asyncio.to_thread(put_back, dsns, backup_keys(current.data_dir)[0], instant)
        finally:
            await postgres.stop()

    asyncio.run(run())
