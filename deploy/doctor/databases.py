"""The four databases: version, encryption, migrations, roles, sessions and connections."""

import secrets
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import asyncpg
from pydantic import SecretStr

from deploy.doctor.clocks import ZONES, Offsets, clock_finding, zones_finding
from deploy.doctor.deployment import Deployment
from deploy.doctor.findings import TROUBLE, Finding, Findings, broken, out_of_reach, warn, well
from services.runtime.postgres import migrations
from services.runtime.postgres.database import Connection
from services.runtime.postgres.queries import Queries, execute, fetch, fetch_row, fetch_value
from services.runtime.text import Text

OLDEST, NEWEST = 17, 18
# Beside the pool: the relay, the hints, and the senders or a setup.
CONNECTIONS_BESIDE = 6
REPLICAS = 2
# Of an invitation, that it exists and never left: nothing that says what was answered.
DRAW_MAY_READ = frozenset(
    {"invitation.project_id", "invitation.member_id", "invitation.may_be_ordered_again"}
)
_SECONDS = 10

queries = Queries("deploy.doctor")

_REACHED = Text(fr="La base répond.", en="The database answers.")
_VERSION = Text(fr="PostgreSQL {version}.", en="PostgreSQL {version}.")
_TOO_OLD = Text(fr="PostgreSQL {version} est trop ancien.", en="PostgreSQL {version} is too old.")
_UPGRADE = Text(
    fr="Passez à la version {oldest} ou {newest}.", en="Upgrade to version {oldest} or {newest}."
)
_NEWER = Text(
    fr="PostgreSQL {version} est plus récent que les versions essayées.",
    en="PostgreSQL {version} is newer than the versions tested.",
)
_TRIED = Text(
    fr="Versions essayées : {oldest} à {newest}. Une version ultérieure du panel la prend peut-être"
    " en charge.",
    en="Tested versions: {oldest} to {newest}. A later release of the panel may support it.",
)
_ENCRYPTED = Text(fr="La connexion est chiffrée.", en="The connection is encrypted.")
_IN_CLEAR_LOCALLY = Text(
    fr="La connexion n'est pas chiffrée, ce qu'un panel local peut se permettre.",
    en="The connection is not encrypted, which is acceptable for a local panel.",
)
_IN_CLEAR = Text(
    fr="La connexion n'est pas chiffrée : quiconque écoute le réseau peut lire les données.",
    en="The connection is not encrypted: anyone on the network can read the data.",
)
_USE_TLS = Text(
    fr="Activez TLS sur le serveur et ajoutez sslmode=verify-full à l'adresse de la base.",
    en="Enable TLS on the server and add sslmode=verify-full to the database's address.",
)
_MIGRATED = Text(
    fr="Les tables sont celles de cette version.", en="The tables are those of this version."
)
_NOT_MIGRATED = Text(
    fr="Des migrations manquent : {missing}.", en="Migrations are missing: {missing}."
)
_RUN_SETUP = Text(
    fr="Lancez le « setup » du service, avec le rôle de migration.",
    en="Run the service's `setup`, as the migration role.",
)
_OTHER_TABLES = Text(
    fr="Les tables ne sont pas celles de cette version : {conflict}.",
    en="The tables are not those of this version: {conflict}.",
)
_SAME_VERSION = Text(
    fr="Faites tourner la version du panel qui a migré la base, ou une plus récente ; n'éditez"
    " jamais une migration appliquée.",
    en="Run the version of the panel that migrated the database, or a newer one; never edit a"
    " migration that was applied.",
)
_ROWS_ONLY = Text(
    fr="Le rôle du service ne lit et n'écrit que des lignes.",
    en="The service's role reads and writes rows only.",
)
_ONE_ROLE = Text(
    fr="Un même rôle possède tout et fait tout, ce qu'un panel local peut se permettre.",
    en="One role owns and does everything, which is acceptable for a local panel.",
)
_OWNS = Text(
    fr="Le rôle {role} possède des tables ({owned}) : il peut supprimer les contraintes qui"
    " garantissent les promesses.",
    en="The role {role} owns tables ({owned}): it can drop the constraints that guarantee the"
    " promises.",
)
_MAY_CREATE = Text(
    fr="Le rôle {role} peut créer des objets dans la base, ou des rôles.",
    en="The role {role} can create objects in the database, or roles.",
)
_TWO_ROLES = Text(
    fr="Donnez les tables au rôle de migration et retirez ce droit (deploy/postgres/roles.sh).",
    en="Give the tables to the migration role and revoke this right (deploy/postgres/roles.sh).",
)
_BLIND_DRAW = Text(
    fr="Le tirage au sort ne peut pas lire les réponses.", en="The draw cannot read answers."
)
_SEEING_DRAW = Text(
    fr="Le rôle panel_draw peut lire des réponses ({read}) : un refus pourrait changer les"
    " chances.",
    en="The role panel_draw can read answers ({read}): a decline could change the odds.",
)
_REVOKE = Text(
    fr="REVOKE SELECT ON invitation, participation FROM panel_draw, puis rendez les colonnes"
    " {columns}.",
    en="REVOKE SELECT ON invitation, participation FROM panel_draw, then grant the columns"
    " {columns} again.",
)
_NO_DRAW = Text(
    fr="Le rôle panel_draw n'existe pas : aucun tirage n'est possible.",
    en="The role panel_draw does not exist: no draw is possible.",
)
_MAKE_DRAW = Text(
    fr="Créez-le comme deploy/postgres/roles.sh et relancez le « setup » de campaigns.",
    en="Create it as deploy/postgres/roles.sh does and run the `setup` of campaigns again.",
)
_ONE_SESSION = Text(
    fr="Une connexion garde sa session et ses verrous.",
    en="A connection keeps its session and its locks.",
)
_POOLED = Text(
    fr="Une connexion change de session entre deux transactions : les verrous qui empêchent un"
    " message de partir après un départ ne tiennent pas.",
    en="A connection changes sessions between two transactions: the locks that keep a message from"
    " starting after a departure do not hold.",
)
_NO_POOLER = Text(
    fr="Retirez le répartiteur (PgBouncer) en mode transaction, ou passez-le en mode session.",
    en="Remove the pooler (PgBouncer) in transaction mode, or set it to session mode.",
)
_ROOM = Text(
    fr="Il y a assez de connexions pour {replicas} répliques de chaque service.",
    en="There are enough connections for {replicas} replicas of each service.",
)
_NO_ROOM = Text(
    fr="Le serveur admet {places} connexions ; {replicas} répliques de {databases} service(s) en"
    " demandent jusqu'à {wanted}.",
    en="The server admits {places} connections; {replicas} replicas of {databases} service(s) ask"
    " for up to {wanted}.",
)
_MORE_ROOM = Text(
    fr="Augmentez max_connections, ou diminuez PANEL_DATABASE_CONNECTIONS.",
    en="Raise max_connections, or lower PANEL_DATABASE_CONNECTIONS.",
)


def server_of(dsn: SecretStr) -> str:
    """host:port of a DSN, or several, without user and password."""
    return urlsplit(dsn.get_secret_value()).netloc.rpartition("@")[2]


async def databases(deployment: Deployment, zones: Mapping[str, Offsets] = ZONES) -> Findings:
    sharing = Counter(map(server_of, deployment.databases.values()))
    for service, dsn in deployment.databases.items():
        async with AsyncExitStack() as undo:
            try:
                # A pooler hands out sessions in turn: it takes two to see it.
                first, second = [await _connect(dsn, undo) for _ in range(2)]
                yield well("databases.reached", service, _REACHED)
                asked_at = deployment.clock()
                row = await fetch_row(first, queries.looked_at)
                answered = deployment.clock()
                assert row is not None
                yield clock_finding("databases.clock", service, asked_at, answered, row["now"])
                yield _version(service, row)
                yield _tls(service, row, deployment.local)
                yield await _migrations(service, first)
                yield await _role(service, first, row, deployment.local)
                if service == "campaigns":
                    yield await _draw(service, first)
                yield await keeps_its_session(service, first, second)
                yield await _zones(service, first, zones)
                yield _room(service, row, sharing[server_of(dsn)], deployment.database_connections)
            except TROUBLE as error:
                yield out_of_reach("databases.reached", service, error)


async def _connect(dsn: SecretStr, undo: AsyncExitStack) -> Connection:
    connection = await asyncpg.connect(
        dsn.get_secret_value(),
        timeout=_SECONDS,
        command_timeout=_SECONDS,
        # A pooler in transaction mode must be told of, not stumbled over.
        statement_cache_size=0,
        server_settings={"application_name": "panel-doctor"},
    )
    undo.push_async_callback(connection.close, timeout=_SECONDS)
    return connection


def _version(service: str, row: asyncpg.Record) -> Finding:
    check, bounds = "databases.version", {"oldest": OLDEST, "newest": NEWEST}
    version = row["version"]
    if version < OLDEST:
        return broken(check, service, _TOO_OLD, _UPGRADE, version=version, **bounds)
    if version > NEWEST:
        return warn(check, service, _NEWER, _TRIED, version=version, **bounds)
    return well(check, service, _VERSION, version=version)


def _tls(service: str, row: asyncpg.Record, local: bool) -> Finding:
    if row["encrypted"]:
        return well("databases.tls", service, _ENCRYPTED)
    if local:
        return well("databases.tls", service, _IN_CLEAR_LOCALLY)
    return broken("databases.tls", service, _IN_CLEAR, _USE_TLS)


async def _migrations(service: str, conn: Connection) -> Finding:
    check = "databases.migrations"
    try:
        missing = await migrations.missing(conn, migrations.for_service(f"services.{service}"))
    except migrations.MigrationConflict as conflict:
        return broken(check, service, _OTHER_TABLES, _SAME_VERSION, conflict=conflict)
    except asyncpg.UndefinedTableError:
        return broken(check, service, _NOT_MIGRATED, _RUN_SETUP, missing="schema_migration")
    if missing:
        names = ", ".join(f"{migration.origin}/{migration.name}" for migration in missing)
        return broken(check, service, _NOT_MIGRATED, _RUN_SETUP, missing=names)
    return well(check, service, _MIGRATED)


async def _role(service: str, conn: Connection, row: asyncpg.Record, local: bool) -> Finding:
    check, role = "databases.role", row["role"]
    if local and row["superuser"]:
        return well(check, service, _ONE_ROLE)
    owned = [name for (name,) in await fetch(conn, queries.owned)]
    if owned:
        listed = ", ".join([*owned[:3], *(["…"] if owned[3:] else [])])
        return broken(check, service, _OWNS, _TWO_ROLES, role=role, owned=listed)
    if row["superuser"] or row["privileged"] or row["may_create"] or row["may_create_schemas"]:
        return broken(check, service, _MAY_CREATE, _TWO_ROLES, role=role)
    return well(check, service, _ROWS_ONLY)


async def _draw(service: str, conn: Connection) -> Finding:
    check = "databases.draw"
    try:
        readable = {name for (name,) in await fetch(conn, queries.draw_reads)}
    except asyncpg.UndefinedObjectError:
        return broken(check, service, _NO_DRAW, _MAKE_DRAW)
    if forbidden := readable - DRAW_MAY_READ:
        columns = ", ".join(sorted(name.partition(".")[2] for name in DRAW_MAY_READ))
        readable_columns = ", ".join(sorted(forbidden))
        return broken(check, service, _SEEING_DRAW, _REVOKE, read=readable_columns, columns=columns)
    return well(check, service, _BLIND_DRAW)


async def keeps_its_session(service: str, first: Connection, second: Connection) -> Finding:
    """Check that a session survives between transactions, which a pooler may prevent."""
    key = secrets.randbits(62)
    first_pid = await first.fetchval("SELECT pg_backend_pid()")
    await execute(first, queries.lock, lock_key=key)
    try:
        async with second.transaction():
            await second.fetchval("SELECT pg_backend_pid()")
            async with first.transaction():
                lock = await fetch_row(first, queries.holds_lock, lock_key=key)
    finally:
        await fetch_value(first, queries.unlock, lock_key=key)
    if lock is None or not lock["held"] or lock["pid"] != first_pid:
        return broken("databases.session", service, _POOLED, _NO_POOLER)
    return well("databases.session", service, _ONE_SESSION)


async def _zones(service: str, conn: Connection, zones: Mapping[str, Offsets]) -> Finding:
    wrong = []
    for zone, rule in zones.items():
        try:
            offsets = [
                await fetch_value(conn, queries.minutes_ahead, zone=zone, instant=moment)
                for moment, _ in rule
            ]
        except asyncpg.InvalidParameterValueError:
            wrong.append(zone)
            continue
        if offsets != [minutes for _, minutes in rule]:
            wrong.append(zone)
    return zones_finding("databases.zones", service, wrong)


def _room(service: str, row: asyncpg.Record, sharing: int, pooled: int) -> Finding:
    needed = sharing * REPLICAS * (pooled + CONNECTIONS_BESIDE)
    if row["places"] < needed:
        return warn(
            "databases.connections",
            service,
            _NO_ROOM,
            _MORE_ROOM,
            places=row["places"],
            replicas=REPLICAS,
            databases=sharing,
            wanted=needed,
        )
    return well("databases.connections", service, _ROOM, replicas=REPLICAS)
