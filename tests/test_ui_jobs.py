"""Long work in a child process: results, progress and complaints come back, and it can be stopped."""

import time

import pytest

from ui import jobs


def finished(job, seconds=60):
    """Wait until the job has ended; the limit only ends a test that would otherwise hang."""
    limit = time.monotonic() + seconds
    while not job.done and time.monotonic() < limit:
        time.sleep(0.02)
    assert job.done, job
    return job


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Makes a module that the job can run with `python -m`."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(name, code):
        (tmp_path / f"{name}.py").write_text(f"import json, os, sys, time\n{code}\n", encoding="utf-8")
        return (name,)

    return write


def test_each_step_gives_its_json_object(script):
    first = script("first_step", "print(json.dumps({'n': 1, 'language': os.environ['FIRSTPAID_LANGUAGE']}))")
    second = script("second_step", "print(json.dumps({'n': 2, 'arguments': sys.argv[1:]}))")
    job = finished(jobs.start([first, (*second, "--loud")], "zh_CN"))
    assert job.error == ""
    assert job.results == ({"n": 1, "language": "zh_CN"}, {"n": 2, "arguments": ["--loud"]})
    assert job.share == 0.5, "the second step said nothing about how far it was"


def test_progress_is_read_and_is_no_complaint(script):
    job = finished(jobs.start([script("counting", "print('3/4 fct_aging', file=sys.stderr); print('{}')")], "en"))
    assert (job.done_of, job.share, job.error) == ((3, 4), 0.75, "")


def test_the_first_failure_ends_the_job_and_its_last_line_is_the_error(script):
    bad = script("failing", "print('1/9 x', file=sys.stderr); print('到期日 missing', file=sys.stderr); sys.exit(1)")
    never = script("never", "open('ran', 'w')")
    job = finished(jobs.start([bad, never], "en"))
    assert job.error == "到期日 missing"
    assert job.step == 0
    assert len(job.results) == 1


def test_much_output_does_not_block(script):
    code = "print('x' * 1_000_000, file=sys.stderr); print(json.dumps({'text': 'y' * 1_000_000}))"
    job = finished(jobs.start([script("talking", code)], "en"))
    assert len(job.results[0]["text"]) == 1_000_000


def test_a_running_command_can_be_stopped(script):
    job = jobs.start([script("sleeping", "print('1/2 x', file=sys.stderr, flush=True); time.sleep(600)")], "en")
    while job.done_of != (1, 2):
        time.sleep(0.02)
    jobs.stop(job)
    assert finished(job).error


def test_a_stopped_job_runs_no_further_command(script, tmp_path):
    first = script("patient", "print('1/2 read', file=sys.stderr, flush=True); time.sleep(600)")
    second = script("unwanted", f"open({str(tmp_path / 'ran')!r}, 'w')")
    job = jobs.start([first, second], "en")
    while job.doing != "read":
        time.sleep(0.02)
    jobs.stop(job)
    finished(job)
    assert job.stopped
    assert not (tmp_path / "ran").exists()


def test_a_command_that_does_not_end_when_asked_is_ended_and_tidied_up_after(script, tmp_path, monkeypatch):
    deaf = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('1/1 deaf', file=sys.stderr, flush=True)"
    )
    monkeypatch.setattr(jobs, "PATIENCE", 0.1)
    monkeypatch.setattr(jobs, "TIDY", script("tidying", f"open({str(tmp_path / 'tidied')!r}, 'w')"))
    job = jobs.start([script("deaf", f"{deaf}; time.sleep(600)")], "en")
    while job.doing != "deaf":
        time.sleep(0.02)
    jobs.stop(job)
    finished(job)
    assert job.error
    assert (tmp_path / "tidied").exists()


@pytest.mark.parametrize(("language", "word"), [("en", "memory"), ("zh_CN", "内存")])
def test_a_command_that_the_system_ended_is_said_so_and_tidied_up_after(script, tmp_path, monkeypatch, language, word):
    monkeypatch.setattr(jobs, "TIDY", script("tidying", f"open({str(tmp_path / 'tidied')!r}, 'w')"))
    job = jobs.start([script("aborting", "import os; os.abort()")], language)
    finished(job)
    assert word in job.error
    assert (tmp_path / "tidied").exists()
