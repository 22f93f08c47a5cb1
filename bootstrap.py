#!/usr/bin/env python3
"""Make or refresh the project's environment: `python3 bootstrap.py run` or `python3 bootstrap.py dev`.

`run` is what the portal needs to run, `dev` adds what tests and checks need. Needs only Python 3.11 or later with its
venv module; everything else comes, by hash, from the package registries. Does nothing when nothing has changed.
The top of this file must run with Python 3.7, so that an old one can say what is wrong.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCKS = ROOT / "requirements"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
COLLECTED = ROOT / "build" / "staticfiles"

# What is served of each front-end package: files by pattern, from its dist folder. Style sheets bring what they name.
VENDORED = {
    "uswds": (
        "@uswds/uswds",
        (
            "css/uswds.min.css",
            "css/uswds.min.css.map",
            "js/uswds.min.js",
            "js/uswds.min.js.map",
            "js/uswds-init.min.js",
            "js/uswds-init.min.js.map",
            "img/sprite.svg",
            "img/usa-icons/*.svg",
            "fonts/public-sans/*.woff2",
            "fonts/public-sans/PublicSans-Regular.ttf",  # what ledger/paper.py prints with
            "fonts/public-sans/PublicSans-Bold.ttf",
        ),
    ),
    "chart.js": ("chart.js", ("chart.umd.min.js", "chart.umd.min.js.map")),
}


def main(kind: str) -> None:
    """Bring the environment up to date for `run` or `dev`."""
    started = time.monotonic()
    require_python()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        node = shutil.which("node") if node_is_new_enough() and shutil.which("npm") else None
        packages = pool.submit(install_front_end, None) if node else None
        installed = install_python_packages(kind, with_node=not node)
        if packages is None:
            packages = pool.submit(install_front_end, ENVIRONMENT / "bin")
        fetched = packages.result()
    vendored = copy_front_end()
    compiled = compile_catalogues()
    collected = collect_static(kind)
    if installed or fetched or vendored or compiled or collected:
        print(f"The environment is ready ({time.monotonic() - started:.0f} s).")


def require_python() -> None:
    """Go on with a newer Python where this one is too old; say what is missing where there is none."""
    if sys.version_info[:2] < OLDEST:
        for minor in range(14, OLDEST[1] - 1, -1):
            newer = shutil.which(f"python3.{minor}")
            if newer and not subprocess.call([newer, "-c", ""], stderr=subprocess.DEVNULL):
                os.execv(newer, [newer, *sys.argv])
        sys.exit(
            f"Python 3.11 or later is needed, and this is {sys.version.split()[0]}. Install one "
            "(Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13), then run make again."
        )
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        sys.exit(
            "Python's venv is missing. Install it (Debian, Ubuntu: apt install python3-venv), then run make again."
        )


def node_is_new_enough() -> bool:
    """Tell whether the PATH has a Node.js of version 20 or later."""
    try:
        shown = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    match = re.match(r"v(\d+)", shown)
    return match is not None and int(match.group(1)) >= 20


def digest(*files: Path) -> str:
    """Return a short hash of the files' contents."""
    total = hashlib.sha256()
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def stamp(name: str, directory: Path = ENVIRONMENT) -> Path:
    """Return the file that says with which locks a step was last done."""
    return directory / (f".resguardo-{name}")


def is_done(name: str, state: str, directory: Path = ENVIRONMENT) -> bool:
    """Tell whether a step was last done with just this state."""
    try:
        return stamp(name, directory).read_text() == state
    except OSError:
        return False


def install_python_packages(kind: str, *, with_node: bool) -> bool:
    """Install the locked packages of that kind, and Node.js where it is needed; return whether there was work."""
    locks = [LOCKS / "bootstrap.lock", LOCKS / f"{kind}.lock"] + ([LOCKS / "node.lock"] if with_node else [])
    superset = [LOCKS / "bootstrap.lock", LOCKS / "dev.lock"] + ([LOCKS / "node.lock"] if with_node else [])
    if ENVIRONMENT.is_symlink():
        return False  # another checkout's, which looks after it
    if PYTHON.exists() and any(is_done("python", digest(*chosen)) for chosen in (locks, superset)):
        return False
    settings = registry_settings()
    if not PYTHON.exists():
        step("Making the environment in .venv")
        command([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
    installer = ENVIRONMENT / "bin" / "uv"
    if not installer.exists():
        step("Installing the installer")
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        command([*pip, "-r", str(LOCKS / "bootstrap.lock")])
    step("Installing the locked packages")
    stamp("python").unlink(missing_ok=True)
    # Whoever has the tools for tests and checks keeps them when only running.
    verb = "sync" if kind == "dev" else "install"
    uv = [str(installer), "pip", verb, "--quiet", "--python", str(PYTHON), "--require-hashes"]
    command([*uv, *[part for lock in locks for part in lock_arguments(verb, lock)]], environment=settings)
    stamp("python").write_text(digest(*locks))
    return True


def lock_arguments(verb: str, lock: Path) -> list[str]:
    """Return how uv's sync and install are given a lock file."""
    return [str(lock)] if verb == "sync" else ["-r", str(lock)]


def registry_settings() -> dict[str, str]:
    """Return the environment in which uv uses the same mirror as pip is configured to, unless told otherwise."""
    settings = dict(os.environ)
    shown = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE"}
    for option, value in re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", shown.stdout, re.MULTILINE):
        if option in names and value.startswith(("http://", "https://", "/")):
            settings.setdefault(names[option], " ".join(value.split()))
    return settings


def install_front_end(node_directory: Path | None) -> bool:
    """Fetch the locked front-end packages with npm, from the PATH or from that directory."""
    locks = [ROOT / "package.json", ROOT / "package-lock.json"]
    state = digest(*locks)
    if MODULES.is_symlink() or is_done("npm", state, MODULES):
        return False
    settings = dict(os.environ)
    if node_directory:
        settings["PATH"] = os.pathsep.join([str(node_directory), settings.get("PATH", "")])
    step("Fetching the locked front-end packages")
    npm = shutil.which("npm", path=settings["PATH"])
    if npm is None:
        sys.exit("npm is missing beside node. Install Node.js 20 or later with npm, or take node off the PATH.")
    command(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"],
        environment=settings,
    )
    stamp("npm", MODULES).write_text(state)
    return True


def copy_front_end() -> bool:
    """Copy what is served of the front-end packages into static/vendor; return whether there was work."""
    state = digest(ROOT / "package-lock.json", Path(__file__))
    if is_done("vendor", state, VENDOR):
        return False
    shutil.rmtree(VENDOR, ignore_errors=True)
    for name, (package, patterns) in VENDORED.items():
        source = MODULES / package / "dist"
        wanted = {path for pattern in patterns for path in source.glob(pattern)}
        wanted |= {path for sheet in wanted if sheet.suffix == ".css" for path in files_named_in(sheet)}
        for path in wanted:
            target = VENDOR / name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    stamp("vendor", VENDOR).write_text(state)
    return True


def files_named_in(sheet: Path) -> set[Path]:
    """Return the files that a style sheet refers to by relative address."""
    named = re.findall(r"url\(\s*[\"']?([^\"')#?]+)", sheet.read_text(encoding="utf-8"))
    found = [Path(os.path.normpath(sheet.parent / name)) for name in named if not name.startswith("data:")]
    return {path for path in found if path.is_file()}


def compile_catalogues() -> bool:
    """Compile the translations that are newer than what was compiled; return whether there was work."""
    worked = False
    for catalogue in ROOT.glob("locale/*/LC_MESSAGES/*.po"):
        compiled = catalogue.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= catalogue.stat().st_mtime:
            continue
        babel = [str(PYTHON), "-m", "babel.messages.frontend", "--quiet", "compile"]
        command([*babel, "--input-file", str(catalogue), "--output-file", str(compiled)])
        worked = True
    return worked


def collect_static(kind: str) -> bool:
    """Gather the static files under the names that carry their hash, for running; return whether there was work.

    Tests serve them from where they are.
    """
    if kind != "run":
        return False
    files = sorted(path for path in (ROOT / "static").rglob("*") if path.is_file())
    listing = "\n".join(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files)
    state = digest(LOCKS / "base.lock") + hashlib.sha256(listing.encode()).hexdigest()[:16]
    if is_done("static", state, COLLECTED):
        return False
    step("Gathering the static files")
    command([str(PYTHON), str(ROOT / "manage.py"), "collectstatic", "--noinput", "--clear", "--verbosity=0"])
    stamp("static", COLLECTED).write_text(state)
    return True


def step(text: str) -> None:
    """Say what is being done."""
    print(f"{text} ...", flush=True)


def command(arguments: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a command to its end; end with its own message when it fails."""
    outcome = subprocess.run(arguments, cwd=str(ROOT), env=environment, check=False)
    if outcome.returncode:
        sys.exit(f"That failed: {' '.join(arguments)}\nMend the cause above and run make again.")


if __name__ == "__main__":
    main(sys.argv[1] if sys.argv[1:] in (["run"], ["dev"]) else sys.exit(__doc__))
