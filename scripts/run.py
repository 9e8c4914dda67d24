"""`make run`: on the first start load the sample exports, build, train and build again; then open the app."""

import argparse
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from pydantic import ValidationError

from pipelines import i18n, scratch
from pipelines.building import builds
from pipelines.importing import imports_store
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "data" / "sample"
LOADING = ".sample-loading"  # in the warehouse while the sample is loaded; one that stays marks an interrupted load


def say(key: str, **params: object) -> None:
    """One line for the person at the terminal."""
    print(i18n.translate(i18n.terminal_language(), key, **params), file=sys.stderr, flush=True)


def step(key: str, *arguments: str) -> bool:
    """Say what begins, run `python -m` with the arguments, return whether it went well; its own lines say why not."""
    say(key)
    return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT).returncode == 0


def sample_files() -> list[str]:
    """The sample exports, in an order that is the same everywhere."""
    suffixes = {".csv", ".xlsx", ".xls", ".txt"}
    return [str(path) for path in sorted(SAMPLE.rglob("*")) if path.suffix.lower() in suffixes]


def load_sample(warehouse: Warehouse) -> bool:
    """Import the sample, build, train on that build and build again with the model; repeated whole if interrupted."""
    mark = warehouse.home / LOADING
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    done = (
        (bool(sample_files()) or step("run.sample", "pipelines", "sample"))
        and step("run.import", "pipelines", "import", "--progress", *sample_files())
        and step("run.build", "pipelines", "build", "--progress")
        and step("run.train", "models", "train")
        and step("run.score", "pipelines", "build", "--progress")
    )
    if done:
        mark.unlink()
    return done


def prepare(settings: Settings) -> bool:
    """Bring the warehouse to a published build: the sample into an empty one, a build where there are only imports.

    A build that another version of the program made is made again, as of the same date.
    """
    warehouse = Warehouse.of(settings)
    scratch.clean_up()
    has_imports = bool(imports_store.folders(warehouse))
    if (warehouse.home / LOADING).exists() or not (has_imports or builds.finished(warehouse)):
        say("run.first", folder=warehouse.home)
        return load_sample(warehouse)
    if builds.problem(settings) is not None and step("run.mend", "pipelines", "doctor"):
        return True
    if builds.problem(settings) is not None or builds.current(settings) is None:
        return step("run.only_build", "pipelines", "build", "--progress")
    # Pages ask for the tables that this version makes.
    as_of = builds.made_otherwise(settings) if has_imports else None
    return as_of is None or step("run.rebuild", "pipelines", "build", "--progress", "--as-of", as_of.isoformat())


def free(address: str, port: int) -> bool:
    """Whether nothing answers on the port and it can be listened on."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return False
    except OSError:
        pass
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def serve(address: str, port: int, settings: Settings) -> int:
    """Start the app, say its address once it answers, and stay until it ends or is stopped."""
    flags = {
        "server.headless": "true",
        "server.address": address,
        "server.port": str(port),
        "server.maxUploadSize": str(settings.upload_limit_mb),
        "server.showEmailPrompt": "false",
        "browser.gatherUsageStats": "false",
    }
    options = [f"--{name}={value}" for name, value in flags.items()]
    app = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", *options], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        while app.poll() is None and not answers(port):
            time.sleep(0.1)
        if app.poll() is None:
            say("run.ready", url=f"http://localhost:{port}")
        return app.wait()
    except KeyboardInterrupt:
        say("run.stopped")
        return 0
    finally:
        app.terminate()
        app.wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--address", default="localhost")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the app ends with us, as it does with Ctrl-C
    try:
        settings = Settings()
    except ValidationError as mistake:
        print(mistake, file=sys.stderr)
        return 1
    if not free(options.address, options.port):
        say("run.port_taken", line_port=options.port, line_other=options.port + 1)
        return 1
    try:
        if not prepare(settings):
            say("run.not_ready")
            return 1
        return serve(options.address, options.port, settings)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
