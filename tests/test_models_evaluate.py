"""Evaluation: trained on what was known at the cut, judged on what came later, and the figures anyone can recompute."""

import datetime as dt
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from models import evaluate, features, measures, report, training
from models.__main__ import main
from models.late_risk import score_build
from pipelines.building import publish
from pipelines.importing import imports
from pipelines.settings import Settings
from tests.model_books import Invoice, book, day, frame, random_book

SETTINGS = Settings()
REAL = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="module")
def cut() -> tuple[dict, pd.DataFrame]:
    return evaluate.at_cut(random_book(1), 0.7, SETTINGS)


def test_the_test_rows_give_the_figures_again(cut: tuple[dict, pd.DataFrame]) -> None:
    figures, rows = cut
    assert list(rows.columns) == [
        *("target", "invoice_id", "issue_date", "due_date", "label"),
        *("prior", "late_share", "logistic", "boosting", "chosen"),
    ]
    for target, found in figures["targets"].items():
        part = rows[rows["target"] == target]
        for name in evaluate.SHOWN:
            given = found["estimators"][name]
            if part[name].isna().all():
                assert given["brier"] is None and found["refused"]
                continue
            again = measures.measures(part["label"].to_numpy("float64"), part[name].to_numpy("float64"))
            assert given["rows"] == len(part) and given["base_rate"] == pytest.approx(part["label"].mean())
            assert {key: given[key] for key in again} == pytest.approx(again)


def test_the_model_beats_the_late_share_where_there_is_more_to_know() -> None:
    figures, _ = evaluate.at_cut(random_book(1, large_later=4.0), 0.7, SETTINGS)
    late = figures["targets"]["late"]["estimators"]
    assert late["chosen"]["auc"] > late["late_share"]["auc"] > late["prior"]["auc"] == 0.5
    assert late["chosen"]["brier"] < late["late_share"]["brier"] < late["prior"]["brier"]


def test_test_rows_are_those_issued_on_or_after_the_cut_and_due(cut: tuple[dict, pd.DataFrame]) -> None:
    figures, rows = cut
    assert rows["issue_date"].min() == figures["cut_date"]
    assert rows["due_date"].max() <= figures["known"]


def test_what_happens_after_the_cut_changes_no_forecast_of_the_first_day(cut: tuple[dict, pd.DataFrame]) -> None:
    """Every payment after the cut removed: the model and the forecasts for the day of the cut stay the same."""
    figures, rows = cut
    con = random_book(1)
    con.execute("delete from fct_applications where applied_on >= $cut", {"cut": figures["cut_date"]})
    _, again = evaluate.at_cut(con, 0.7, SETTINGS)
    first_day = [
        part[(part["target"] == "late") & (part["issue_date"] == figures["cut_date"])] for part in (rows, again)
    ]
    merged = first_day[0].merge(first_day[1], on="invoice_id", suffixes=("", "_again"))
    assert len(merged)
    np.testing.assert_array_equal(merged["chosen"], merged["chosen_again"])


def test_the_past_as_known_at_the_cut_is_the_book_that_ended_there() -> None:
    con = random_book(4, invoices=600)
    whole = training.learning_rows(con, day(700), SETTINGS)
    known = day(400)
    past = evaluate.as_known(whole, known)
    then = training.learning_rows(con, known, SETTINGS)
    columns = ["invoice_id", "day", "is_late", "late_n", "known_n", "open_cents", "overdue_cents", "settled_day"]
    pd.testing.assert_frame_equal(
        frame(past.issue)[columns].sort_values(["day", "invoice_id"], ignore_index=True),
        frame(then.issue)[columns].sort_values(["day", "invoice_id"], ignore_index=True),
        check_dtype=False,
    )


def test_invoices_handed_to_other_customers_can_hardly_be_forecast() -> None:
    # Only the terms still tell whose invoice it was; a figure far above a coin's would be a leak.
    con = random_book(9, noise=1.0)
    con.execute(
        "update fct_invoices set region = '', "
        "customer_id = 'C' || lpad(cast(hash(invoice_id || 'mixed') % 60 as varchar), 4, '0')"
    )
    figures, _ = evaluate.at_cut(con, 0.7, SETTINGS)
    assert figures["targets"]["late"]["estimators"]["chosen"]["auc"] < 0.62


def test_the_replay_waits_for_the_answers_and_its_intervals_hold() -> None:
    table = evaluate.replay(random_book(1), SETTINGS, months=3)
    assert list(table.columns) == list(evaluate.REPLAY_COLUMNS)
    assert table["month_end"].nunique() == 3 and set(table["head"]) == {"issue", "open"}
    late = table[table["target"] == "late"]
    assert late["coverage"].astype(float).mean() == pytest.approx(0.8, abs=0.08)
    assert json.loads(report.replay_json(table))["summary"]["issue"]["months"] == 3


@pytest.mark.parametrize("rows", [[], [Invoice("A", "C", 0, 30)]], ids=["empty", "one invoice"])
def test_too_little_to_evaluate_is_said(rows: list[Invoice]) -> None:
    with pytest.raises(evaluate.NothingToEvaluate, match="Too little to evaluate"):
        evaluate.at_cut(book(rows), 0.7, SETTINGS)


def command(home: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        main, list(arguments), env={"FIRSTPAID_HOME": str(home), "FIRSTPAID_LANGUAGE": "en"}, prog_name="models"
    )
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["train"], 1, "Nothing has been built yet"),
        (["evaluate", "--cut", "1.5"], 1, "share between 0 and 1"),
        (["evaluate", "--scores", "x.csv"], 2, "--scores needs --cut"),
        (["keep", "nowhere"], 1, "no model nowhere"),
        (["rollback"], 1, "nothing to roll back to"),
        (["report"], 0, "No trained model serves"),
        (["evaluate", "--cut", "many"], 2, "not a valid float"),
    ],
)
def test_the_command_line_says_what_is_wrong(tmp_path: Path, arguments: list[str], status: int, words: str) -> None:
    code, output = command(tmp_path, *arguments)
    assert code == status and words in output


@pytest.mark.real_exports
def test_the_measured_figures_on_a_real_export(tmp_path: Path) -> None:
    """2,466 invoices of 100 customers: from the export through import and build to the command's own figures."""
    source = REAL / "ibm" / "WA_Fn-UseC_-Accounts-Receivable.csv"
    if not source.exists():
        pytest.skip(f"no real export at {source}")
    settings = Settings(home=tmp_path)
    imports.import_file(Path(shutil.copy(source, tmp_path)), settings)
    publish.build(settings, as_of=dt.date(2014, 1, 31), score=score_build)
    code, output = command(tmp_path, "evaluate", "--cut", "0.7", "--json", "--scores", str(tmp_path / "scores.csv"))
    assert code == 0
    figures = json.loads(output)
    late = figures["targets"]["late"]["estimators"]
    assert late["chosen"]["rows"] == 741
    assert late["late_share"]["auc"] == pytest.approx(0.874, abs=0.002)
    assert late["chosen"]["auc"] >= 0.87 and late["chosen"]["brier"] <= 0.130 and late["chosen"]["ece"] <= 0.05
    # Far better than this would be a leak.
    assert late["chosen"]["auc"] <= 0.90
    assert figures["days_late"]["mae"] <= 5.8
    assert "not enough to learn from" in figures["targets"]["very_late"]["refused"]
    rows = pd.read_csv(tmp_path / "scores.csv", dtype={"invoice_id": str})
    part = rows[rows["target"] == "late"]
    assert len(part) == 741 and ((part["chosen"] - part["label"]) ** 2).mean() == pytest.approx(late["chosen"]["brier"])


def test_the_cut_lies_at_its_share_of_the_instalments() -> None:
    con = random_book(1)
    found = evaluate.cut_date(con, 0.5)
    (before, items) = con.execute(
        "select count(*) filter (where issue_date < $cut), count(*) from fct_invoices", {"cut": found}
    ).fetchone() or (0, 0)
    assert abs(before / items - 0.5) < 0.01 and found > features.EPOCH


def test_an_item_still_open_after_its_interval_is_a_miss() -> None:
    con = random_book(1)
    whole = training.learning_rows(con, day(700), SETTINGS)
    past = evaluate.as_known(whole, day(450))
    trained = training.train(past, SETTINGS)
    test = whole.issue.where((whole.issue["day"] >= 452) & (whole.issue["day"] <= 500))
    paid = ~np.isnan(test["settled_day"])
    assert not paid.all()
    found = evaluate.days_late_figures(trained, "issue", test, day(700))
    paid_alone = evaluate.days_late_figures(trained, "issue", test.where(paid), day(700))
    assert found["open_past_interval"] > 0 and found["rows"] == paid_alone["rows"]
    assert found["coverage"] < paid_alone["coverage"]


def test_an_item_open_within_its_interval_counts_for_what_is_left_of_it() -> None:
    con = random_book(1)
    whole = training.learning_rows(con, day(700), SETTINGS)
    trained = training.train(evaluate.as_known(whole, day(450)), SETTINGS)
    test = whole.issue.where((whole.issue["day"] >= 452) & (whole.issue["day"] <= 500))
    # Seen on the day before the first question nothing is known but the forecast itself: four fifths lie inside.
    unseen = test.having(settled_day=np.full(len(test), np.nan))
    found = evaluate.days_late_figures(trained, "issue", unseen, day(451))
    assert found["open_past_interval"] == 0 and found["coverage"] == pytest.approx(0.8, abs=0.01)
