"""What is committed: small files, no path of somebody's machine, nothing secret, notebooks without outputs."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 1_000_000
LARGER_ALLOWED: set[str] = set()
BINARY = {".png", ".jpg", ".xlsx", ".xls", ".parquet", ".skops", ".pdf", ".zip"}
MACHINE_PATH = re.compile(r"/(?:work|root|Users|home)/[A-Za-z0-9_.-]+")
SECRETS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "cloud access key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "repository token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b"),
    "chat token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "service key": re.compile(r"\bsk-[A-Za-z0-9_-]{20,}"),
    "password in a URL": re.compile(r"\b[a-z+]+://[^\s/:@{}]+:[^\s/@{}]+@"),
}


@cache
def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: there is no list of committed files")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace"))
        for path in committed()
        if path.suffix not in BINARY
    ]


def test_no_large_file() -> None:
    names = [str(path.relative_to(ROOT)) for path in committed() if path.stat().st_size > LARGEST]
    assert set(names) <= LARGER_ALLOWED


def test_no_path_of_a_machine() -> None:
    assert [f"{name}: {found}" for name, text in texts() for found in MACHINE_PATH.findall(text)] == []


def test_nothing_that_looks_like_a_secret() -> None:
    assert [f"{name}: {kind}" for name, text in texts() for kind, form in SECRETS.items() if form.search(text)] == []


def test_no_file_of_a_warehouse_or_an_environment() -> None:
    names = [str(path.relative_to(ROOT)) for path in committed()]
    private = re.compile(r"^(data/warehouse|\.venv|\.setup)/|secrets\.toml$|\.(duckdb|db|wal|pyc|pkl|pickle|joblib)$")
    assert [name for name in names if private.search(name)] == []


def test_notebooks_hold_no_outputs() -> None:
    for path in committed():
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            left = [c for c in cells if c.get("outputs") or c.get("execution_count")]
            assert left == [], f"{path.name}: strip the outputs"
