"""Long work in a child process: the page stays responsive and shows how far it is."""

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COUNT = re.compile(r"(\d+)\s*/\s*(\d+)")
COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Job:
    """Commands of `python -m …` run one after the other; the first that fails ends the job.

    Written by one background thread, read by the page: every attribute is replaced whole.
    """

    steps: tuple[tuple[str, ...], ...]
    step: int = 0
    line: str = ""  # what the running command said last
    share: float | None = None  # how far it is, where its line says "n/m"
    results: list[dict[str, Any]] = field(default_factory=list)  # the JSON object each finished command printed
    error: str = ""  # the line that says what went wrong
    done: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def failed(self) -> bool:
        return self.done and bool(self.error)


def start(steps: Sequence[Sequence[str]], language: str) -> Job:
    """Run `python -m <step>` for each step in the background; their messages come in `language`."""
    job = Job(tuple(tuple(step) for step in steps))
    threading.Thread(target=_run, args=(job, language), daemon=True).start()
    return job


def stop(job: Job) -> None:
    """End the running command; what it had not finished leaves no trace in the warehouse."""
    if job.process and job.process.poll() is None:
        job.process.terminate()


def _run(job: Job, language: str) -> None:
    environment = os.environ | {"FIRSTPAID_LANGUAGE": language, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    for number, step in enumerate(job.steps):
        job.step, job.line, job.share = number, "", None
        status, output, last = _one(job, [sys.executable, "-m", *step], environment)
        if status != 0:
            job.error = last or f"{' '.join(step)}: {status}"
            break
        job.results = [*job.results, _object(output)]
    job.done = True


def _one(job: Job, command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Run one command; returns its status, its standard output and the last line of its standard error.

    Its standard error is a terminal of its own, because progress is only shown on one.
    """
    reading, writing = pty.openpty()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=writing, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        job.process = process
        os.close(writing)
        outputs: list[str] = []
        drain = threading.Thread(target=lambda: outputs.append(_text(process)), daemon=True)
        drain.start()
        _follow(job, reading)
        drain.join()
        status = process.wait()
    return status, "".join(outputs), job.line


def _text(process: subprocess.Popen[bytes]) -> str:
    return process.stdout.read().decode("utf-8", "replace") if process.stdout else ""


def _follow(job: Job, terminal: int) -> None:
    """Keep the last line of a terminal and the share it tells, until the other end is closed."""
    rest = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how a terminal says that nobody writes to it any more
            piece = b""
        if not piece:
            break
        *lines, rest = re.split(rb"[\r\n]", rest + piece)
        for text in (COLOUR.sub("", line.decode("utf-8", "replace")).strip() for line in [*lines, rest]):
            if text:
                job.line = text
                count = COUNT.search(text)
                job.share = min(int(count[1]) / int(count[2]), 1.0) if count and int(count[2]) else None
    os.close(terminal)


def _object(output: str) -> dict[str, Any]:
    """The JSON object a command printed, or nothing where it printed none."""
    try:
        parsed = json.loads(output)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {"results": parsed}
