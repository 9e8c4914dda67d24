"""Definitions: every figure of the pages has one, in both languages, with the settings filled in."""

from pathlib import Path

import pytest

from pipelines.settings import Settings
from ui.definitions import GROUPS, SYMBOLS, as_markdown, definitions, matching
from ui.i18n import Reader


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_definition_is_complete(language):
    found = definitions(Reader(language, "CNY"), Settings())
    assert len(found) == sum(len(names) for names in GROUPS.values())
    assert all(each.title and each.formula and each.note and "{" not in each.formula for each in found)


def test_the_settings_of_this_installation_are_in_the_words():
    settings = Settings(
        bucket_edges=(0, 45),
        priority_weights={"money": 3, "risk": 1, "age": 0, "trend": 0, "limit_use": 0, "promises": 0},
    )
    by_name = {each.name: each for each in definitions(Reader("en", "CNY"), settings)}
    assert by_name["bucket"].formula == "Not due · 1–45 days · Over 45 days · Unapplied"
    assert by_name["priority_score"].formula.startswith("75% money overdue or at risk + 25% probability")


def test_a_definition_is_found_by_its_words():
    found = matching(definitions(Reader("zh_CN", "CNY"), Settings()), "倒推 余额")
    assert "dso_countback" in [each.name for each in found]
    assert matching(found, "no such thing") == []


@pytest.mark.parametrize(("language", "file"), [("en", "README.md"), ("zh_CN", "README.zh-CN.md")])
def test_the_readme_holds_the_same_definitions(language, file):
    """Where this fails, the README gets what `as_markdown` gives: the catalogue is the one source."""
    readme = (Path(__file__).resolve().parent.parent / file).read_text(encoding="utf-8")
    assert as_markdown(Reader(language, "CNY"), Settings()) in readme


def test_every_formula_in_symbols_is_of_a_figure():
    assert set(SYMBOLS) <= {name for names in GROUPS.values() for name in names}
