"""What both command lines share: how they end when something is wrong, and the options every command may have."""

import errno
import sys
from collections.abc import Callable
from typing import Any

import click
import duckdb
from pydantic import ValidationError

from pipelines import i18n
from pipelines.errors import SystemRefused, UserError

Progress = Callable[[str, int, int], None]


class Commands(click.Group):
    """A group whose commands end with one line and status 1 when the data, the input or the machine is at fault."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            line = error.text(i18n.terminal_language())
        except ValidationError as error:
            first = error.errors()[0]
            why = i18n.mistake(i18n.terminal_language(), first)
            line = text("error.setting", name=".".join(map(str, first["loc"])), why=why)
        except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # whoever read the output has left; click ends quietly
            line = SystemRefused(error).text(i18n.terminal_language())
        click.echo(line, err=True)
        raise SystemExit(1)


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def text(key: str, **params: object) -> str:
    """A text of the catalogue in the language of the terminal."""
    return i18n.translate(i18n.terminal_language(), key, **params)


def say(key: str, **params: object) -> None:
    """Print a text of the catalogue."""
    click.echo(text(key, **params))


def progress_lines(shown: bool | None = None) -> Progress | None:
    """A line a step on standard error: always, never, or (None) when a person watches it."""
    if not (sys.stderr.isatty() if shown is None else shown):
        return None
    return lambda name, done, total: click.echo(f"{done}/{total} {name}", err=True)
