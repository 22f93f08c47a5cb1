import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from portal import databases
from portal.databases import Address, parse_url

LOGINS = databases.LOGINS


@pytest.fixture
def stem(embedded_servers: None) -> Iterator[str]:
    """A name for a database and roles of the test's own."""
    name = f"rgtry_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    yield name
    with databases.administrator().connect(autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        for kind in (*LOGINS, "owner", "months"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(f"{name}_{kind}")))


def provide(stem: str) -> None:
    passwords = {kind: f"{kind}-password" for kind in LOGINS}
    databases.provision(administrator=databases.administrator(), database=stem, stem=stem, passwords=passwords)


def connect(stem: str, kind: str) -> psycopg.Connection:
    address = replace(databases.administrator(), user=f"{stem}_{kind}", password=f"{kind}-password", database=stem)
    return address.connect(autocommit=True)


def as_owner(stem: str, *statements: str) -> None:
    with connect(stem, "deploy") as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(f"{stem}_owner")))
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]


def refused(stem: str, kind: str, statement: str) -> bool:
    with connect(stem, kind) as connection:
        try:
            connection.execute(statement)  # type: ignore[arg-type]
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def rights_in(stem: str) -> list[tuple[object, ...]]:
    """Return the roles of an installation, what each may, whose members they are, and who may use the database."""
    with databases.administrator().connect(autocommit=True) as connection:
        roles = connection.execute(
            "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolbypassrls, rolconfig,"
            " ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = pg_roles.oid ORDER BY 1)"
            " FROM pg_roles WHERE starts_with(rolname, %s) ORDER BY rolname",
            [f"{stem}_"],
        ).fetchall()
        of_database = "SELECT datdba::regrole::text, datacl::text FROM pg_database WHERE datname = %s"
        return [*roles, *connection.execute(of_database, [stem]).fetchall()]


def test_provisioning_twice_changes_nothing(stem: str) -> None:
    provide(stem)
    before = rights_in(stem)
    provide(stem)
    assert rights_in(stem) == before
    for kind in LOGINS:
        connect(stem, kind).close()


def test_deploy_makes_tables_that_the_owner_owns(stem: str) -> None:
    provide(stem)
    as_owner(stem, "CREATE TABLE ours (id bigint)")
    with connect(stem, "web") as connection:
        row = connection.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'ours'").fetchone()
    assert row == (f"{stem}_owner",)


@pytest.mark.parametrize(
    ("kind", "statement", "is_refused"),
    [
        ("web", "INSERT INTO ours (word) VALUES ('a')", False),
        ("web", "DELETE FROM ours", False),
        ("worker", "UPDATE ours SET word = 'b'", False),
        ("purge", "SELECT FROM ours", False),
        ("purge", "INSERT INTO ours (word) VALUES ('a')", True),
        ("purge", "UPDATE ours SET word = 'b'", True),
        ("purge", "DELETE FROM ours", True),
        ("web", "TRUNCATE ours", True),
        ("worker", "TRUNCATE ours", True),
        ("purge", "TRUNCATE ours", True),
        ("web", "DROP TABLE ours", True),
        ("worker", "DROP TABLE ours", True),
        ("purge", "DROP TABLE ours", True),
        ("web", "CREATE TABLE mine ()", True),
        ("worker", "CREATE TABLE mine ()", True),
        ("web", "DROP TABLE months.month", True),
        ("worker", "DROP TABLE months.month", True),
        ("web", "SELECT FROM months.month", True),
        ("worker", "SELECT FROM months.month", True),
        ("web", "CREATE TABLE months.mine ()", True),
        ("worker", "CREATE TABLE months.mine ()", True),
        ("purge", "CREATE TABLE public.mine ()", True),
        ("purge", "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", True),
        ("purge", "DROP SCHEMA months CASCADE", True),
        ("purge", "DROP TABLE months.month", False),
        ("worker", "CREATE TEMPORARY TABLE draft (id bigint)", False),
    ],
)
def test_each_role_may_do_its_own_work_and_no_other(stem: str, kind: str, statement: str, is_refused: bool) -> None:
    provide(stem)
    as_owner(
        stem,
        "CREATE TABLE ours (id bigint GENERATED ALWAYS AS IDENTITY, word text)",
        "CREATE TABLE months.month (id bigint)",
        f"ALTER TABLE months.month OWNER TO {stem}_months",
    )
    assert refused(stem, kind, statement) is is_refused


def test_the_roles_of_another_database_are_not_let_in(stem: str) -> None:
    provide(stem)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        replace(databases.administrator(), user=databases.role("web"), password="", database=stem).connect() if (
            not os.environ.get("DATABASE_URL")
        ) else replace(databases.login("web"), database=stem).connect()


def test_a_role_with_rights_of_its_own_is_refused(stem: str) -> None:
    with databases.administrator().connect(autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(f"{stem}_web")))
    with pytest.raises(databases.UnusableDatabase, match=f"{stem}_web exists and has rights of its own"):
        provide(stem)


def test_a_login_that_is_a_member_of_another_is_refused(stem: str) -> None:
    provide(stem)
    with databases.administrator().connect(autocommit=True) as connection:
        names = (sql.Identifier(f"{stem}_purge"), sql.Identifier(f"{stem}_web"))
        connection.execute(sql.SQL("GRANT {} TO {}").format(*names))
    with pytest.raises(databases.UnusableDatabase, match=f"{stem}_web is a member of the login {stem}_purge"):
        provide(stem)


@pytest.mark.parametrize(
    "address",
    [
        Address("db.test", 5432, "someone", "p@ss/word:?", "privacy"),
        Address("/var/run/a socket", 5433, "web", "", "resguardo"),
        Address("::1", 5432, "web", "x", "resguardo", (("sslmode", "require"),)),
    ],
)
def test_an_address_survives_being_written_as_a_url(address: Address) -> None:
    assert parse_url(address.url()) == address


def test_another_scheme_is_refused() -> None:
    with pytest.raises(databases.UnusableDatabase, match="postgres://user"):
        parse_url("mysql://localhost/x")


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("RESGUARDO_ENV", "production")
    monkeypatch.delenv("RESGUARDO_DATABASE_ROLES", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://privacy_web:pw@db.test/privacy?sslmode=require")
    return monkeypatch


def test_production_uses_the_login_that_it_is_given(production: pytest.MonkeyPatch) -> None:
    settings = databases.connection_settings("web")
    assert (settings["USER"], settings["PASSWORD"], settings["HOST"]) == ("privacy_web", "pw", "db.test")
    assert settings["OPTIONS"]["sslmode"] == "require"
    assert "pool" not in settings["OPTIONS"]


def test_a_web_process_pools_when_it_is_told_so(production: pytest.MonkeyPatch) -> None:
    production.setenv("RESGUARDO_DATABASE_POOL", "4")
    assert databases.connection_settings("web")["OPTIONS"]["pool"]["max_size"] == 4
    assert "pool" not in databases.connection_settings("worker")["OPTIONS"]


def test_deploy_acts_as_the_owner_and_nobody_else_does(production: pytest.MonkeyPatch) -> None:
    assert databases.connection_settings("deploy")["OPTIONS"]["assume_role"] == "privacy_owner"
    for kind in ("web", "worker", "beat", "purge"):
        assert "assume_role" not in databases.connection_settings(kind)["OPTIONS"]


def test_an_administrators_url_gives_each_process_its_own_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESGUARDO_ENV", "demo")
    monkeypatch.setenv("RESGUARDO_WEB_PASSWORD", "made-for-web")
    for name in ("RESGUARDO_DATABASE_ROLES", "RESGUARDO_DATABASE_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgres://admin:admin-password@db.test/postgres")
    settings = databases.connection_settings("web")
    assert (settings["USER"], settings["PASSWORD"], settings["NAME"]) == ("resguardo_web", "made-for-web", "resguardo")
