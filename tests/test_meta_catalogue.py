"""The words: both languages whole and alike, every key that the code uses is there, none is left over."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from pipelines import i18n

ROOT = Path(__file__).resolve().parent.parent
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z0-9_+-]+)+")
CODE = [
    path
    for folder in ("pipelines", "models", "ui", "app_pages", "scripts")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "app.py"]
SQL = [path for folder in ("pipelines", "models") for path in sorted((ROOT / folder / "sql").rglob("*.sql"))]
# Calls whose text argument is a key, and nothing else.
TRANSLATORS = {"t", "tr", "translate", "say", "_say", "UserError"}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in CODE]


def literals() -> set[str]:
    """Every string written in the code."""
    return {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def prefixes() -> set[str]:
    """What a key that the code puts together begins with: `bucket.` of f"bucket.{code}" or "bucket." + code."""
    begun = set()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                begun.add(str(node.values[0].value))
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.left, ast.Constant):
                begun.add(str(node.left.value))
    return {prefix for prefix in begun if re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z0-9_.]*", prefix)}


def keys_asked_for() -> Iterator[tuple[str, str]]:
    """Where and which: each key literal handed to a translating call or to the constructor of a UserError."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            is_error = name == "__init__" and ast.unparse(node.func).startswith("super()")
            for argument in node.args[:2]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    value = argument.value
                    if KEY.fullmatch(value) and (name in TRANSLATORS or (is_error and value.startswith("error."))):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", value


def test_both_languages_hold_the_same_keys_in_the_same_files() -> None:
    files = {language: {p.name for p in (i18n.FOLDER / language).glob("*.po")} for language in i18n.LANGUAGES}
    assert files["en"] == files["zh_CN"]
    assert sorted(i18n.catalogue("en")) == sorted(i18n.catalogue("zh_CN"))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_no_key_is_written_twice_or_left_empty(language: str) -> None:
    keys: list[str] = []
    for path in sorted((i18n.FOLDER / language).glob("*.po")):
        text = path.read_text(encoding="utf-8")
        keys += re.findall(r'^msgid "(.+)"$', text, flags=re.MULTILINE)
        with path.open("rb") as file:
            assert [str(m.id) for m in read_po(file) if m.id and m.fuzzy] == [], path.name
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    assert [key for key, text in i18n.catalogue(language).items() if not text.strip()] == []
    assert [key for key in keys if not KEY.fullmatch(key)] == []


def test_both_languages_fill_the_same_placeholders() -> None:
    english, chinese = i18n.catalogue("en"), i18n.catalogue("zh_CN")
    assert [key for key in english if placeholders(english[key]) != placeholders(chinese.get(key, ""))] == []


def test_chinese_texts_are_chinese() -> None:
    # A text without one Chinese character is a forgotten translation, unless it has no word at all or is the same sign.
    english, chinese = i18n.catalogue("en"), i18n.catalogue("zh_CN")
    words = re.compile(r"[A-Za-z]{4,}")
    assert [
        key
        for key, text in chinese.items()
        if not re.search(r"[\u4e00-\u9fff]", text)
        and words.search(re.sub(r"\{.*?\}", "", text))
        and text == english[key]
    ] == []


def test_every_key_the_code_asks_for_is_there() -> None:
    known = i18n.catalogue("en")
    assert [f"{where} asks for {key}" for where, key in keys_asked_for() if key not in known] == []


def test_every_key_is_used() -> None:
    """A key is used when it is written in the code, or begins as the code begins a key it puts together.

    `reason.<code>` is put together from stored rows: there the code itself must be written in Python or SQL.
    """
    written, begun = literals(), prefixes() - {"reason."}
    everything = "\n".join([*written, *(path.read_text(encoding="utf-8") for path in SQL)])

    def is_used(key: str) -> bool:
        if key.startswith("reason."):
            return re.search(rf"\b{re.escape(key.removeprefix('reason.'))}\b", everything) is not None
        return key in written or any(key.startswith(prefix) for prefix in begun)

    assert [key for key in i18n.catalogue("en") if not is_used(key)] == []


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 customers below 50% are left out"), (1, "1 customer below 50% is left out"), (1200, "1,200 customers")],
)
def test_one_is_said_as_one(count: int, said: str) -> None:
    assert i18n.translate("en", "calls.below", count=count, share=0.5).startswith(said)
