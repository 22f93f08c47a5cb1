"""`manage.py provision`: make the database, its roles and their rights, as an administrator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal import databases, environment


class Command(BaseCommand):
    """Provision the database once, or again after an upgrade; repeating it is safe."""

    help = (
        "Make the database, its roles and their rights. DATABASE_URL is an administrator's login here; the passwords "
        "of the logins come from RESGUARDO_DEPLOY_PASSWORD, _WEB_, _WORKER_ and _PURGE_PASSWORD."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Provision, and name what was provided for."""
        missing = [
            variable
            for kind in databases.LOGINS
            if environment.text("DATABASE_URL")
            and not environment.text(variable := f"RESGUARDO_{kind.upper()}_PASSWORD")
        ]
        if missing:
            raise CommandError(f"Give a password for each login: {', '.join(missing)}.")
        databases.provision_own()
        self.stdout.write(f"Database {databases.database_name()} and the roles {databases.role('*')} are in place.")
