"""Setting up: made once, repeated when it was interrupted or the requirements change, said when it cannot be done."""

import shutil
from pathlib import Path

import pytest

from scripts import setup


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without requirements, so that nothing is fetched; its `.venv` and pip are real."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("# none\n")
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": venv / "bin" / "python",
        "INSTALLING": venv / ".installing",
    }.items():
        monkeypatch.setattr(setup, name, value)
    monkeypatch.setenv("FIRSTPAID_LANGUAGE", "en")
    return tmp_path


def test_a_set_up_is_made_once_and_repeated_when_it_has_to_be(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert setup.main(["dev"]) == 0
    assert "Making .venv" in capfd.readouterr().err
    assert (project / ".venv" / "bin" / "pip").exists()

    for which in ("dev", "runtime"):  # the development requirements contain the others
        assert setup.main([which]) == 0
        assert capfd.readouterr().err == ""

    (project / "requirements.txt").write_text("# changed\n")
    assert setup.main(["runtime"]) == 0
    assert "Installing requirements.txt" in capfd.readouterr().err
    assert not setup.installed("dev")

    (project / ".venv" / ".installing").touch()  # what a killed installation leaves
    (project / ".venv" / "half-unpacked").touch()
    assert setup.main(["runtime"]) == 0
    assert "did not finish" in capfd.readouterr().err
    assert not (project / ".venv" / "half-unpacked").exists()

    (project / "requirements.txt").write_text("./no-such-package\n")
    assert setup.main(["runtime"]) == 1
    assert "Could not install requirements.txt" in capfd.readouterr().err
    assert not setup.installed("runtime")


def test_without_rights_the_line_to_type_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    empty = project / "bin"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))  # neither browser nor fonts nor apt-get
    assert setup.main(["browser"]) == 0
    line = capfd.readouterr().err.splitlines()
    assert len(line) == 1 and line[0].endswith("sudo apt-get install -y chromium fonts-noto-cjk fontconfig")


@pytest.mark.skipif(
    not shutil.which("chromium") or not setup.has_chinese_font(), reason="needs Chromium and a CJK font"
)
def test_with_browser_and_font_there_is_nothing_to_do(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert setup.main(["browser"]) == 0
    assert capfd.readouterr().err == ""


def test_anything_else_is_a_usage_error(project: Path) -> None:
    assert setup.main(["everything"]) == 2
