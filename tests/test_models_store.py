"""Model files: nothing untrusted is loaded, versions are checked, a person keeps or rolls back, the log remembers."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skops.io

from models import card as cards
from models import card_tables, features, late_risk, model, report, store, training
from pipelines.settings import Settings
from tests.model_books import day, random_book, with_open_items

KNOWN = day(700)


@cache
def trained() -> model.Model:
    return training.train(training.learning_rows(random_book(1), KNOWN, Settings()), Settings())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def saved(settings: Settings, name: str = "a") -> str:
    """A stored candidate; another name is another model."""
    return store.save(replace(trained(), fingerprint=name * 12), {"reference": {}}, settings).model_id


def test_a_model_comes_back_with_the_same_scores_to_the_byte(settings: Settings) -> None:
    again = store.load(settings, saved(settings))
    learning = training.learning_rows(random_book(1), KNOWN, settings)
    x = features.matrix(learning.open, trained().heads["open"].late.context)
    before, after = (model.score(each, "open", learning.open, x) for each in (trained(), again))
    assert before.p_late.tobytes() == after.p_late.tobytes()
    assert before.days_late.tobytes() == after.days_late.tobytes()


def test_a_changed_file_is_refused(settings: Settings) -> None:
    model_id = saved(settings)
    path = cards.model_path(settings, model_id)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(cards.ModelUnusable, match="checksum"):
        store.load(settings, model_id)


def test_a_file_with_foreign_types_is_refused_even_with_a_matching_card(settings: Settings) -> None:
    content = skops.io.dumps({"features": [], "heads": Path("somewhere")})
    with pytest.raises(cards.ModelUnusable, match="not allowed"):
        store.loads(content, "evil")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_a_broken_file_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(cards.ModelUnusable, match="cannot be read"):
        store.loads(content, "m")


def test_a_model_of_another_format_is_refused(settings: Settings) -> None:
    model_id = saved(settings)
    path = cards.card_path(settings, model_id)
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"format": 0}), encoding="utf-8")
    with pytest.raises(cards.ModelUnusable, match="Train again"):
        store.load(settings, model_id)


def test_a_missing_model_is_named(settings: Settings) -> None:
    with pytest.raises(cards.ModelUnusable, match="no model nowhere"):
        store.load(settings, "nowhere")
    with pytest.raises(cards.ModelUnusable, match="no model nowhere"):
        store.candidate(settings, "nowhere")


def test_keep_and_roll_back_are_logged(settings: Settings) -> None:
    first, second = saved(settings, "a"), saved(settings, "b")
    store.serve(settings, first)
    store.serve(settings, second)
    assert store.before(settings) == first
    store.serve(settings, store.before(settings))
    serving = cards.serving_card(settings)
    assert serving is not None and serving.model_id == first
    log = card_tables.history(settings)
    assert log["action"].tolist() == ["rolled_back", "kept", "kept"]
    assert log["before"].tolist()[:2] == [second, first]
    said = report.text(settings, None, "en").splitlines()[-3:]
    assert [line.split(" · ")[1:3] for line in said] == [
        ["Rolled back", first],
        ["Let serve", second],
        ["Let serve", first],
    ]
    assert said[1].endswith(f"Before it: {first}") and "Before it" not in said[2]


def test_there_is_nothing_to_roll_back_to_at_first(settings: Settings) -> None:
    with pytest.raises(store.NothingBefore):
        store.before(settings)
    store.serve(settings, saved(settings))
    with pytest.raises(store.NothingBefore):
        store.before(settings)


def test_a_model_that_cannot_be_loaded_never_serves(settings: Settings) -> None:
    model_id = saved(settings)
    cards.model_path(settings, model_id).write_bytes(b"")
    with pytest.raises(cards.ModelUnusable):
        store.serve(settings, model_id)
    assert cards.serving_card(settings) is None


@pytest.mark.parametrize("harm", ["file", "card"])
def test_the_baseline_scores_the_build_when_the_model_is_harmed(settings: Settings, harm: str) -> None:
    model_id = saved(settings)
    store.serve(settings, model_id)
    con = with_open_items(random_book(1), KNOWN)
    assert late_risk.score_build(con, KNOWN, settings) == model_id
    if harm == "file":
        cards.model_path(settings, model_id).write_bytes(b"harmed")
    else:
        (settings.home / "model" / cards.CARD).write_text("[]", encoding="utf-8")
    assert late_risk.score_build(con, KNOWN, settings) == cards.BASELINE
    (rows,) = con.execute("select count(*) from fct_late_risk").fetchone() or (0,)
    assert rows > 0


def test_the_figures_of_a_model_are_plain_arrays() -> None:
    assert store.TRUSTED == []
    assert skops.io.get_untrusted_types(data=store.dumps(trained())) == []
    assert isinstance(trained().heads["open"].when.survival, np.ndarray)
