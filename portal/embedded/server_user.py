"""As whom the embedded servers run: as ourselves, but as root as an unprivileged user.

PostgreSQL refuses to run as root. So that it works in containers all the same, root runs the servers as an
existing unprivileged user, keeps their data where that user can reach it, and leaves other directories' modes alone.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from portal import demo_secrets
from portal.embedded.errors import EmbeddedServerError

_CANDIDATES = ("resguardo", "postgres", "nobody")
_ROOT_HOME = Path("/var/lib/resguardo")


@dataclass(frozen=True)
class ServerUser:
    """The user and group under which a server's binaries run."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Tell whether that is not the user of this process."""
        return self.uid != os.geteuid()

    def run(self, command: Sequence[str], *, log: Path | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a binary to its end as this user in `/`; its output goes to the log, or is dropped.

        Never through a pipe: a daemon that it starts would keep the pipe open and us waiting.
        """
        other = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}
        with (log or Path(os.devnull)).open("ab") as output:
            if log and self.is_other:
                os.fchown(output.fileno(), self.uid, self.gid)
            return subprocess.run(  # type: ignore[call-overload,no-any-return]
                list(command),
                cwd="/",
                env={
                    "PATH": "/usr/bin:/bin",
                    "LC_ALL": "C.UTF-8",
                    "TZ": "UTC",
                    "HOME": "/",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                **other,
            )

    def can_reach(self, path: Path) -> bool:
        """Tell whether this user may pass through every directory from `/` down to the path's parent."""
        if not self.is_other:
            return True
        return all(self._may_pass(parent) for parent in path.absolute().parents if parent.exists())

    def _may_pass(self, directory: Path) -> bool:
        status = directory.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def own_directory(self, path: Path) -> None:
        """Make a directory that only this user may enter, or check that it is such a one."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.is_symlink() or not path.is_dir():
            raise EmbeddedServerError(f"{path} must be a directory; move it away, or set RESGUARDO_DATA_DIR elsewhere.")
        if os.geteuid() == 0 and path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)
        owner = path.stat().st_uid
        if owner != self.uid:
            raise EmbeddedServerError(
                f"{path} belongs to another user (uid {owner}). Run as that user, or set RESGUARDO_DATA_DIR elsewhere."
            )
        path.chmod(0o700)

    def reachable_copy(self, tree: Path, beside: Sequence[Path] = ()) -> Path:
        """Return the tree's path, or that of a copy which this user can reach, with the siblings it needs.

        An environment in root's private home is out of reach for the unprivileged user.
        """
        if self.can_reach(tree / "file") and self.can_reach(tree):
            return tree
        status = tree.stat()
        stamp = hashlib.sha256(f"{tree}:{status.st_mtime_ns}".encode()).hexdigest()[:12]
        target = _ROOT_HOME / "binaries" / stamp
        if not (target / tree.name).exists():
            self._copy(tree, beside, target)
        return target / tree.name

    def _copy(self, tree: Path, beside: Sequence[Path], target: Path) -> None:
        partial = target.with_name(f"{target.name}.{os.getpid()}")
        partial.mkdir(mode=0o755, parents=True)
        for source in (tree, *beside):
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, partial / source.name)
        for directory in (_ROOT_HOME, _ROOT_HOME / "binaries", partial):
            directory.chmod(0o755)
        try:
            partial.rename(target)
        except OSError:
            shutil.rmtree(partial)


def server_user(home: Path) -> ServerUser:
    """Return who runs the server whose data is in that directory."""
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid())
    if home.exists() and home.stat().st_uid != 0:
        return _by_uid(home.stat().st_uid)
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL does not run as root, and this machine has neither a user `resguardo`, `postgres` nor `nobody`. "
        "Add one (useradd --system resguardo), or set DATABASE_URL and REDIS_URL."
    )


def _by_uid(uid: int) -> ServerUser:
    try:
        return ServerUser(uid, pwd.getpwuid(uid).pw_gid)
    except KeyError:
        raise EmbeddedServerError(
            f"The embedded servers' data belongs to uid {uid}, which has no entry in the password file any more. "
            "Add a user with that uid, or run `make reset` to start over."
        ) from None


def home_directory(data_directory: Path, kind: str) -> Path:
    """Return where a server of that kind keeps its data for that data directory.

    It is `<data directory>/<kind>`, except for root where the unprivileged user cannot reach it, such as below a
    private home: then it is a directory of its own below /var/lib/resguardo.
    """
    home = data_directory / kind
    if os.geteuid() != 0:
        demo_secrets.make_data_directory(data_directory)
        return home
    if home.exists():
        return home
    _make_reachable(data_directory)
    if server_user(home).can_reach(home):
        return home
    digest = hashlib.sha256(str(data_directory).encode()).hexdigest()[:16]
    return _ROOT_HOME / "elsewhere" / digest / kind


def _make_reachable(directory: Path) -> None:
    """Make the directory, or open an empty one that was made for us, for passing through; never any other."""
    if not directory.exists():
        demo_secrets.make_data_directory(directory)
    elif directory.stat().st_uid == 0 and all(entry.name.startswith("secrets.") for entry in directory.iterdir()):
        directory.chmod(directory.stat().st_mode | 0o111)


def socket_directory(home: Path) -> Path:
    """Return where the server's socket is: in its home, or where that path would be too long, below /tmp."""
    own = home / "socket"
    if len(str(own)) <= 80:
        return own
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Path("/tmp") / f"resguardo-{digest}"  # noqa: S108 - made private by own_directory before use
