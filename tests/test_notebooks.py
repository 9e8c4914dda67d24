"""The notebooks: committed without outputs, readers of `pipelines.reporting` alone, and running on the sample."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What a notebook may use of the project: the queries, the settings that say where the build lies, and the words.
READS = {
    "pipelines": {"i18n"},
    "pipelines.reporting": {path.stem for path in (ROOT / "pipelines" / "reporting").glob("queries*.py")},
    "pipelines.reporting.queries": {"Scope"},
    "pipelines.settings": {"Settings"},
}


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def test_there_is_a_walkthrough():
    assert "receivables_walkthrough.ipynb" in {path.name for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path):
    kept = [cell.id for cell in code_cells(path) if cell.outputs or cell.execution_count is not None]
    assert not kept, f"{path.name}: strip the outputs of {kept}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_queries_are_read(path):
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"pipelines", "models", "ui"}:
                assert {name.name for name in node.names} <= READS.get(node.module or "", set())
            if isinstance(node, ast.Import):
                assert not {name.name.split(".")[0] for name in node.names} & {"duckdb", "models", "ui", "sqlite3"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """Surroundings with a warehouse of their own, into which the sample was imported and built by the commands."""
    home = tmp_path_factory.mktemp("notebook")
    exports = home / "sample"
    surroundings = {
        **os.environ,
        "FIRSTPAID_HOME": str(home / "warehouse"),
        "FIRSTPAID_LANGUAGE": "en",
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
    }
    run(["sample", "--output", str(exports)], surroundings)
    run(["import", *sorted(str(path) for path in exports.iterdir())], surroundings)
    run(["build"], surroundings)
    return surroundings


def run(arguments: list[str], surroundings: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments], cwd=ROOT, env=surroundings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs_and_shows_something(path, environment):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    client.execute(env=environment)
    executed = [cell for cell in notebook.cells if cell.cell_type == "code"]
    errors = [out for cell in executed for out in cell.outputs if out.output_type in ("error", "stream")]
    assert not errors
    # The first cell only finds the project; every other one ends in a figure or a table.
    assert all(cell.outputs for cell in executed[1:])
