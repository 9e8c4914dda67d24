"""Long work in a child process: the page stays responsive and shows how far it is."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines import i18n

ROOT = Path(__file__).resolve().parent.parent
PROGRESS = re.compile(r"(\d+)/(\d+) (\S*)")
PATIENCE = 20.0  # seconds that a command asked to stop has to tidy up before it is ended outright
TIDY = ("pipelines", "doctor", "--json")


@dataclass
class Job:
    """Commands of `python -m …` run one after the other; the first that fails ends the job.

    Written by one background thread and read by the page: every attribute is replaced whole, never changed in place.
    """

    steps: tuple[tuple[str, ...], ...]
    after: str = ""  # what was done before it began, to be said when it ends
    step: int = 0
    done_of: tuple[int, int] = (0, 0)  # how far the running command says it is
    doing: str = ""  # and what it says it is doing
    results: tuple[dict[str, Any], ...] = field(default=())  # the JSON object each finished command printed
    error: str = ""  # what went wrong, in one line
    stopped: bool = False  # somebody asked it to stop
    done: bool = False
    ended: threading.Event = field(default_factory=threading.Event)  # set when it is done, for whoever waits
    process: subprocess.Popen[str] | None = None

    @property
    def share(self) -> float:
        """How far the whole job is, 0 to 1; every step counts the same."""
        done, total = self.done_of
        return min((self.step + (done / total if total else 0)) / len(self.steps), 1.0)

    @property
    def is_complete(self) -> bool:
        """Whether every step ended well: it may have done so before it could be stopped."""
        return self.done and not self.error and len(self.results) == len(self.steps)


def start(steps: Sequence[Sequence[str]], language: str, after: str = "") -> Job:
    """Run `python -m <step>` for each step in the background, with messages in `language`; `after` is kept with it."""
    job = Job(tuple(tuple(step) for step in steps), after)
    threading.Thread(target=_run, args=(job, language), daemon=True).start()
    return job


def stop(job: Job) -> None:
    """End the running command and run no further one; what it had not finished leaves no trace in the warehouse."""
    job.stopped = True
    if job.process and job.process.poll() is None:
        job.process.terminate()


def _run(job: Job, language: str) -> None:
    environment = os.environ | {
        "FIRSTPAID_LANGUAGE": language,
        "PYTHONPATH": os.pathsep.join(part for part in (str(ROOT), os.environ.get("PYTHONPATH")) if part),
        "PYTHONIOENCODING": "utf-8",
    }
    for number, step in enumerate(job.steps):
        if job.stopped:
            break
        job.step, job.done_of, job.doing = number, (0, 0), ""
        status, output, last = _one(job, [sys.executable, "-m", *step], environment)
        job.results = (*job.results, _object(output))
        if status == -signal.SIGKILL or (status < 0 and not job.stopped):
            _one(job, [sys.executable, "-m", *TIDY], environment)
        if status < 0 and not job.stopped:  # from outside, or by a library that ran out of memory: without a word
            last = i18n.translate(language, "error.process_ended", command=" ".join(step[:2]))
        if status != 0:
            job.error = last or f"{' '.join(step[:2])}: {status}"
            break
    job.done = True
    job.ended.set()


def _one(job: Job, command: list[str], environment: dict[str, str]) -> tuple[int, str, str]:
    """Run one command; returns its status, its standard output and the last line it complained with."""
    complaint = ""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment,
        encoding="utf-8",
        errors="replace",
    ) as process:
        job.process = process
        ended = threading.Event()
        threading.Thread(target=_insist, args=(job, process, ended), daemon=True).start()
        assert process.stdout and process.stderr
        outputs: list[str] = []
        # Both pipes are read at once: a full one would stop the command.
        drain = threading.Thread(target=lambda out: outputs.append(out.read()), args=(process.stdout,), daemon=True)
        drain.start()
        for line in process.stderr:
            if count := PROGRESS.match(line):
                job.done_of, job.doing = (int(count[1]), int(count[2])), count[3]
            elif line.strip():
                complaint = line.strip()
        drain.join()
        status = process.wait()
        ended.set()
    return status, "".join(outputs), complaint


def _insist(job: Job, process: subprocess.Popen[str], ended: threading.Event) -> None:
    """End outright a command that was asked to stop and has not done so in time."""
    while not ended.wait(0.5):
        if job.stopped and not ended.wait(PATIENCE):
            process.kill()
            return


def _object(output: str) -> dict[str, Any]:
    """The JSON object a command printed, or nothing where it printed none."""
    try:
        parsed = json.loads(output)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
