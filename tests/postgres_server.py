"""A PostgreSQL server of the tests' own: its own folder and socket, no network, gone when the tests are."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl: from pg_config, else the newest of Debian's versioned folders."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    if shutil.which("pg_config"):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True).stdout.strip()
        candidates.insert(0, Path(said))
    return next((path for path in candidates if (path / "initdb").exists()), None)


@contextmanager
def running_server() -> Iterator[str]:
    """Start a server and give its URL without a database name; skips with a reason where none can be started."""
    folder_of_binaries = binaries()
    if folder_of_binaries is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    as_root = os.geteuid() == 0  # initdb refuses root
    if as_root and not shutil.which("runuser"):
        pytest.skip("PostgreSQL does not run as root, and there is no runuser to change the user with")
    as_user = ["runuser", "-u", "postgres", "--"] if as_root else []
    # Not pytest's folder: only its owner may enter that, and socket paths are limited to about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix="firstpaid-pg-"))
    if as_root:
        shutil.chown(folder, "postgres", "postgres")
    data, log = folder / "data", folder / "log"

    def run(*command: str) -> None:
        done = subprocess.run(
            [*as_user, str(folder_of_binaries / command[0]), *command[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
            stderr=subprocess.PIPE if command[0] == "initdb" else subprocess.DEVNULL,
        )
        assert done.returncode == 0, (done.stderr, log.read_text() if log.exists() else "")

    try:
        run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=60"
        run("pg_ctl", "-D", str(data), "-l", str(log), "-w", "-o", options, "start")
        try:
            yield f"postgresql://postgres@/{{database}}?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
