"""Imports point one way: app, app_pages → ui → models → pipelines, and between the folders of pipelines.

Libraries and databases stay in their layer.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = {"pipelines": 0, "models": 1, "ui": 2, "app_pages": 3, "app": 3}
# The way of the data through pipelines; what lies in no folder is used by all of them.
STAGES = ["reading", "importing", "collecting", "building", "reporting"]
APART = "sampling"  # writes exports as other systems do, so it knows none of the stages and none knows it
NOT_IN_PIPELINES = {"streamlit", "plotly", "sklearn", "skops"}
DATABASES = {"sqlite3", "sqlalchemy", "psycopg"}
SELECT = re.compile(r"^\s*(with\s+\w+\s+as\s*\(|select\s.+\sfrom\s)", re.IGNORECASE | re.DOTALL)


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def sources(*layers: str) -> Iterator[Path]:
    for layer in layers:
        yield from [ROOT / "app.py"] if layer == "app" else sorted((ROOT / layer).rglob("*.py"))


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import in the file, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.split(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, (node.module or "").split(".")[0]


def stages_imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and folder of every import from a folder of pipelines, those inside functions and for types too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{name.name}" for name in node.names]
        else:
            continue
        for package, folder, *_ in (module.split(".") for module in modules if module.startswith("pipelines.")):
            if package == "pipelines" and folder in {*STAGES, APART}:
                yield node.lineno, folder


def found(offences: Iterator[str] | list[str]) -> str:
    return "\n".join(offences)


def test_no_layer_imports_one_above_it() -> None:
    # A `__main__` file is a composition root: it may join layers.
    assert not found(
        f"{path.relative_to(ROOT)}:{line} imports {package}"
        for path in sources("pipelines", "models", "ui")
        if path.name != "__main__.py"
        for line, package in imported(path)
        if LAYERS.get(package, -1) > LAYERS[layer_of(path)]
    )


def test_pipelines_know_no_page_figure_or_model_library() -> None:
    assert not found(
        f"{path.relative_to(ROOT)}:{line} imports {package}"
        for path in sources("pipelines")
        for line, package in imported(path)
        if package in NOT_IN_PIPELINES
    )


def test_every_folder_of_pipelines_has_its_place() -> None:
    folders = {path.parent.name for path in (ROOT / "pipelines").glob("*/__init__.py")}
    assert folders == {*STAGES, APART}


def test_no_stage_imports_a_later_one() -> None:
    # The command line joins the stages.
    paths = [path for path in sources("pipelines") if path.name != "__main__.py"]
    offences = []
    for path in paths:
        stage = path.relative_to(ROOT / "pipelines").parts[0]
        before = [APART] if stage == APART else STAGES[: STAGES.index(stage) + 1] if stage in STAGES else []
        named = path.relative_to(ROOT)
        offences += [f"{named}:{line} imports {used}" for line, used in stages_imported(path) if used not in before]
    assert not found(offences)


def test_folders_hold_no_code_of_their_own() -> None:
    """An import in `__init__.py` would make every command load what only some need."""
    for path in (ROOT / "pipelines").rglob("__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        assert len(tree.body) == 1, path


def test_pages_open_no_database_and_hold_no_sql() -> None:
    offences = []
    for path in sources("ui", "app_pages", "app"):
        offences += [f"{path.name}:{line} imports {name}" for line, name in imported(path) if name in DATABASES]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SELECT.match(node.value):
                offences.append(f"{path.name}:{node.lineno} holds SQL")
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "duckdb.connect":
                offences.append(f"{path.name}:{node.lineno} opens a database")
    assert not found(offences)


def test_every_layer_is_there_to_be_checked() -> None:
    assert all(list(sources(layer)) for layer in LAYERS)
