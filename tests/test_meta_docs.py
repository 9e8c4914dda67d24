"""The README names every command, option, table and setting there is."""

import re
from functools import cache
from pathlib import Path

import click
import pytest

from models import __main__ as models_command
from pipelines import __main__ as pipelines_command
from pipelines.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
# int_ tables are the build's own; what a reader of a build may rely on bears another name.
TABLES = sorted(
    path.stem
    for layer in ("marts", "reports", "views")
    for path in (ROOT / "pipelines" / "sql" / layer).glob("*.sql")
    if not path.stem.startswith("int_")
)
MADE_IN_PYTHON = ["fct_late_risk", "build_info"]
PROGRAMS = {"pipelines": pipelines_command.main, "models": models_command.main}
COMMANDS = [
    (program, name, command)
    for program, group in PROGRAMS.items()
    for name, command in sorted(group.commands.items())  # type: ignore[attr-defined]
]


@cache
def in_code() -> str:
    """What the README shows as code: fenced blocks and `words` in backticks."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL))


def names(word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", in_code()) is not None


@pytest.mark.parametrize(("program", "name", "command"), COMMANDS, ids=[f"{p} {n}" for p, n, _ in COMMANDS])
def test_the_readme_names_the_command_and_its_options(program: str, name: str, command: click.Command) -> None:
    options = [max(parameter.opts, key=len) for parameter in command.params if isinstance(parameter, click.Option)]
    assert names(f"python -m {program}")
    assert [word for word in [name, *options] if not names(word)] == [], "not in the README"


def test_the_readme_names_every_table() -> None:
    assert [table for table in [*TABLES, *MADE_IN_PYTHON] if not names(table)] == [], "not in the README"


def test_the_readme_names_every_setting() -> None:
    assert [name for name in Settings.model_fields if not names(name)] == [], "not in the README"


@pytest.mark.parametrize("target", ["run", "test", "bench", "setup"])
def test_the_readme_names_what_make_does(target: str) -> None:
    assert names(f"make {target}")
