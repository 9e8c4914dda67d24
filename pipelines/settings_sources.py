"""What a person set outside of the program: `firstpaid.toml` in the working folder, FIRSTPAID_* in the environment."""

import json
import os
import tomllib
from collections.abc import Collection
from collections.abc import Mapping as Dict
from pathlib import Path
from typing import Any

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

FILE = Path("firstpaid.toml")
PREFIX = "firstpaid_"  # names of the environment are compared without case
_INNER = "__"  # FIRSTPAID_LADDER__LAW__DAYS is one value inside of a setting


def outside(names: Collection[str], given: Dict[str, Any]) -> dict[str, Any]:
    """What was `given` over the environment over the file, tables merged name by name; `names` are the settings.

    Raises ValidationError where the file is not TOML.
    """
    return _over(_over(_file(), _environment(names)), given)


def _file() -> dict[str, Any]:
    if not FILE.is_file():
        return {}
    try:
        return tomllib.loads(FILE.read_text(encoding="utf-8-sig"))
    except ValueError as error:  # not UTF-8, or not TOML
        mistake = PydanticCustomError("toml", "the file is not TOML: {why}", {"why": str(error)})
        details = InitErrorDetails(type=mistake, loc=(FILE.name,), input=None)
        raise ValidationError.from_exception_data("Settings", [details]) from None


def _environment(names: Collection[str]) -> dict[str, Any]:
    """Settings that the environment names; what else begins with the prefix is not meant for them."""
    found: dict[str, Any] = {}
    for variable, text in sorted(os.environ.items()):
        name, *inner = variable.lower().removeprefix(PREFIX).split(_INNER)
        # One that is empty is not set: an empty home would be whatever folder one stands in.
        if not text or not variable.lower().startswith(PREFIX) or name not in names:
            continue
        value = _value(text)
        for part in reversed(inner):
            value = {part: value}
        found = _over(found, {name: value})
    return found


def _value(text: str) -> Any:
    """Lists and tables are written as JSON; what is not stays text, and is refused where a text is none."""
    if text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _over(low: Dict[str, Any], high: Dict[str, Any]) -> dict[str, Any]:
    """Both, the higher one's values where both have them; of two tables both again."""
    both = {k: _over(low[k], v) for k, v in high.items() if isinstance(v, dict) and isinstance(low.get(k), dict)}
    return {**low, **high, **both}
