"""The database's roles: who they are, how they come to be, and as whom each kind of process logs in.

Roles belong to a PostgreSQL cluster, so their names begin with a stem, by default the database's name:

    <stem>_owner    NOLOGIN  owns the database and its tables
    <stem>_months   NOLOGIN  owns the partitioned tables of usage and bills
    <stem>_deploy   LOGIN    member of owner; migrations
    <stem>_web      LOGIN    web server
    <stem>_worker   LOGIN    Celery's default queue, beat, most commands
    <stem>_purge    LOGIN    member of months; Celery's purge queue, purge commands

No login is a member of another login. A process logs in as its own role: SET ROLE within a login is no boundary.

Tables and functions are in the schema public, where the owner alone creates; the partitions are in the schema months,
where the months role creates too, and which web and worker cannot enter: they reach partitions through their parents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from portal import environment
from portal.embedded import postgres, servers

LOGINS = ("deploy", "web", "worker", "purge")
_LOGIN_OF = {
    "deploy": "deploy",
    "web": "web",
    "worker": "worker",
    "beat": "worker",
    "purge": "purge",
}
_MIGRATION_LOCK_TIMEOUT = "5s"
_MAINTENANCE = ("", "postgres", "template1")

Connection = psycopg.Connection[Any]


class UnusableDatabase(RuntimeError):
    """Raised when the database or its roles cannot be made or used; the message says what to do."""


@dataclass(frozen=True)
class Address:
    """Where a database is and who logs in there; `host` may be a socket's directory."""

    host: str
    port: int
    user: str
    password: str
    database: str
    options: tuple[tuple[str, str], ...] = ()

    def connect(self, *, autocommit: bool = False) -> Connection:
        """Open a psycopg connection."""
        described: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "dbname": self.database,
        }
        if self.password:
            described["password"] = self.password
        return psycopg.connect(make_conninfo(**described, **dict(self.options)), autocommit=autocommit)

    def url(self) -> str:
        """Write the address as a DATABASE_URL."""
        login = quote(self.user, safe="") + (f":{quote(self.password, safe='')}" if self.password else "")
        options = [f"{name}={quote(value, safe='')}" for name, value in self.options]
        if self.host.startswith("/"):
            options = [
                f"host={quote(self.host, safe='')}",
                f"port={self.port}",
                *options,
            ]
            place = ""
        else:
            place = f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
        query = "?" + "&".join(options) if options else ""
        return f"postgres://{login}@{place}/{quote(self.database, safe='')}{query}"


def parse_url(url: str) -> Address:
    """Read `postgres://user:password@host:port/database?option=value`; a socket's directory is `?host=/path`."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise UnusableDatabase("DATABASE_URL must look like postgres://user:password@host:5432/database.")
    options = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    host = unquote(options.pop("host", "") or parts.hostname or "localhost")
    return Address(
        host=host,
        port=int(options.pop("port", "") or parts.port or 5432),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=unquote(parts.path.lstrip("/")),
        options=tuple((name, unquote(value)) for name, value in options.items()),
    )


def database_name() -> str:
    """Return the name of the portal's database."""
    given = environment.text("DATABASE_URL")
    named = parse_url(given).database if given else ""
    if named in _MAINTENANCE or (environment.name() == "test" and not is_process_login()):
        return environment.text("RESGUARDO_DATABASE_NAME")
    return named


def role_stem() -> str:
    """Return what the names of this installation's roles begin with."""
    return environment.text("RESGUARDO_DATABASE_ROLES") or (
        environment.text("RESGUARDO_DATABASE_NAME") if environment.name() == "test" else database_name()
    )


def role(kind: str) -> str:
    """Return a role's full name: `role("web")` is `<stem>_web`."""
    return f"{role_stem()}_{kind}"


def role_names() -> dict[str, str]:
    """Return every role's full name by its kind: owner, months, deploy, web, worker and purge."""
    return {kind: role(kind) for kind in ("owner", "months", *LOGINS)}


def is_process_login() -> bool:
    """Tell whether DATABASE_URL is the login of one process, and not an administrator's.

    In production it always is; elsewhere it is one when its user is called like a process's role, which is how the
    supervisor hands it down.
    """
    given = environment.text("DATABASE_URL")
    if environment.is_production() or not given:
        return environment.is_production()
    return parse_url(given).user.endswith(tuple(f"_{login}" for login in LOGINS))


def administrator() -> Address:
    """Return the login that may make databases and roles: the embedded server's, or the one in DATABASE_URL."""
    given = environment.text("DATABASE_URL")
    if given:
        return replace(parse_url(given), database="postgres")
    directory = str(servers.postgres().socket_directory)
    return Address(directory, postgres.PORT, postgres.ADMINISTRATOR, "", "postgres")


def login(process: str) -> Address:
    """Return as whom and where a kind of process logs in."""
    if is_process_login():
        return parse_url(environment.text("DATABASE_URL"))
    kind = _LOGIN_OF[process]
    password = environment.text(f"RESGUARDO_{kind.upper()}_PASSWORD") if environment.text("DATABASE_URL") else ""
    return replace(administrator(), user=role(kind), password=password, database=database_name())


def connection_settings(process: str) -> dict[str, Any]:
    """Return Django's settings of the one database alias for a kind of process.

    A deploy process acts as the owner, so that what it makes belongs to a role that never logs in, and gives up a lock
    that it does not get soon: behind a waiting migration every reader would queue. A web process
    pools its connections when RESGUARDO_DATABASE_POOL says how many; the pool is opened after the server's fork.
    """
    address = login(process)
    options: dict[str, Any] = {
        **dict(address.options),
        "application_name": f"resguardo-{process}",
    }
    if process == "deploy":
        options["assume_role"] = role("owner")
        options["options"] = f"{options.get('options', '')} -c lock_timeout={_MIGRATION_LOCK_TIMEOUT}".strip()
    size = environment.integer("RESGUARDO_DATABASE_POOL") if process == "web" else 0
    if size:
        options["pool"] = {
            "min_size": 1,
            "max_size": size,
            "timeout": 10,
            "max_idle": 300,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.database,
        "USER": address.user,
        "PASSWORD": address.password,
        "HOST": address.host,
        "PORT": str(address.port),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": not size,
    }


def is_provisioned() -> bool:
    """Tell whether this process's role can log in to its database."""
    try:
        login("deploy").connect().close()
    except psycopg.OperationalError:
        return False
    return True


def has_tables() -> bool:
    """Tell whether some migration has ever run on this database."""
    with login("deploy").connect() as connection:
        row = connection.execute("SELECT to_regclass('public.django_migrations') IS NOT NULL").fetchone()
    return bool(row and row[0])


def provision(
    *,
    administrator: Address,
    database: str,
    stem: str,
    passwords: Mapping[str, str] | None = None,
) -> None:
    """Make the database, its roles and their rights, or bring them up to date; safe to repeat.

    `passwords` maps deploy, web, worker and purge to passwords; without it the logins get none, which suits an
    embedded server. The administrator needs CREATEDB and CREATEROLE, or is a superuser.
    """
    with administrator.connect(autocommit=True) as connection:
        _require_version(connection)
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"resguardo provision {stem}"])
        _make_roles(connection, stem, passwords)
        _make_database(connection, database, stem)
        with replace(administrator, database=database).connect() as inside:
            _grant_inside(inside, database, stem)
        _verify_roles(connection, stem)


def provision_own() -> None:
    """Provision this installation's database as the administrator that it knows."""
    passwords = None
    if environment.text("DATABASE_URL"):
        passwords = {kind: environment.text(f"RESGUARDO_{kind.upper()}_PASSWORD") for kind in LOGINS}
    provision(
        administrator=administrator(),
        database=database_name(),
        stem=role_stem(),
        passwords=passwords,
    )


def _require_version(connection: Connection) -> None:
    if connection.info.server_version < 150000:
        raise UnusableDatabase(
            f"PostgreSQL {connection.info.server_version // 10000} is too old: give DATABASE_URL of 15 or later."
        )


def _identifiers(stem: str, database: str = "") -> dict[str, sql.Composable]:
    kinds = ("owner", "months", *LOGINS)
    names: dict[str, sql.Composable] = {kind: sql.Identifier(f"{stem}_{kind}") for kind in kinds}
    return {
        **names,
        "database": sql.Identifier(database),
        "rows": sql.SQL("SELECT, INSERT, UPDATE, DELETE"),
    }


def _make_roles(connection: Connection, stem: str, passwords: Mapping[str, str] | None) -> None:
    for kind in ("owner", "months", *LOGINS):
        name = sql.Identifier(f"{stem}_{kind}")
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [f"{stem}_{kind}"]).fetchone()
        if not known:
            connection.execute(sql.SQL("CREATE ROLE {} {}").format(name, _login_clause(kind)))
        if passwords and kind in LOGINS:
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(passwords[kind]))
            connection.execute(statement)
    for member, group in (
        ("deploy", "owner"),
        ("owner", "months"),
        ("purge", "months"),
    ):
        _join(connection, group=f"{stem}_{group}", member=f"{stem}_{member}")
    # One who is no superuser must belong to the owner to give it a database and to set its default privileges.
    for kind in ("owner", "months"):
        _join(connection, group=f"{stem}_{kind}", member=connection.info.user)


def _login_clause(kind: str) -> sql.SQL:
    return sql.SQL("LOGIN") if kind in LOGINS else sql.SQL("NOLOGIN")


def _join(connection: Connection, *, group: str, member: str) -> None:
    """Make the member one of the group, unless it may already act as the group."""
    row = connection.execute("SELECT pg_has_role(%s, %s, 'USAGE')", [member, group]).fetchone()
    if row is None or not row[0]:
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member)))


def _make_database(connection: Connection, database: str, stem: str) -> None:
    names = _identifiers(stem, database)
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
    if not known:
        # Letters beyond ASCII must fold their case, whatever the server's own locale is.
        locale = (
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
            if connection.info.server_version >= 170000
            else "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        )
        create = sql.SQL("CREATE DATABASE {database} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8' ")
        connection.execute(create.format(**names) + sql.SQL(locale))
    admit_logins(connection, database, stem)


def admit_logins(connection: Connection, database: str, stem: str) -> None:
    """Let the four logins into a database, and nobody else."""
    names = _identifiers(stem, database)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
    grant = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {deploy}, {web}, {worker}, {purge}")
    connection.execute(grant.format(**names))


_RIGHTS = (
    "ALTER SCHEMA public OWNER TO {owner}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {web}, {worker}, {purge}, {months}",
    "CREATE SCHEMA IF NOT EXISTS months AUTHORIZATION {owner}",
    "GRANT USAGE, CREATE ON SCHEMA months TO {months}",
    # What the purge writes is granted table by table, in migrations: retention/migrations/0008_purge_grants.py.
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public REVOKE INSERT, UPDATE ON TABLES FROM {purge}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT SELECT ON TABLES TO {purge}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT {rows} ON TABLES TO {web}, {worker}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {web}, {worker}, {purge}",
)


def _grant_inside(connection: Connection, database: str, stem: str) -> None:
    names = _identifiers(stem, database)
    for statement in _RIGHTS:
        connection.execute(sql.SQL(statement).format(**names))


_FORBIDDEN_ATTRIBUTES = """
    SELECT rolname FROM pg_roles
    WHERE rolname = ANY(%s) AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)
"""
_LOGINS_IN_LOGINS = """
    SELECT member.rolname, login.rolname FROM pg_roles member, pg_roles login
    WHERE member.rolname = ANY(%(roles)s) AND login.rolname = ANY(%(roles)s) AND member.oid <> login.oid
      AND member.rolcanlogin AND login.rolcanlogin AND pg_has_role(member.oid, login.oid, 'MEMBER')
"""


def _verify_roles(connection: Connection, stem: str) -> None:
    """Refuse roles that were there before and may do more than ours."""
    roles = [f"{stem}_{kind}" for kind in ("owner", "months", *LOGINS)]
    for (name,) in connection.execute(_FORBIDDEN_ATTRIBUTES, [roles]):
        raise UnusableDatabase(
            f"The role {name} exists and has rights of its own (superuser, createrole, createdb, bypassrls or "
            "replication). Take them away, or give another RESGUARDO_DATABASE_ROLES."
        )
    for member, other in connection.execute(_LOGINS_IN_LOGINS, {"roles": roles}):
        raise UnusableDatabase(f"The login {member} is a member of the login {other}: REVOKE {other} FROM {member}.")
