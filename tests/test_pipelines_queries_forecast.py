"""Expected receipts and payment behaviour of the sample: parts add up, shares are shares."""

from collections.abc import Iterator

import pytest

from pipelines import queries, queries_forecast
from pipelines.queries import Connection, Scope
from pipelines.settings import Settings


@pytest.fixture(scope="module")
def con(sample_warehouse) -> Iterator[Connection]:
    with queries.open_build(queries.published(Settings(home=sample_warehouse))) as opened:
        yield opened


def test_the_forecast_of_all_is_the_sum_of_the_regions(con):
    whole = queries_forecast.forecast(con, Scope())
    regions = queries.filter_values(con, Scope())["regions"]
    parts = [queries_forecast.forecast(con, Scope(regions=(region,))) for region in regions]
    assert len(whole) == 13
    for week in range(13):
        assert sum(part["expected_base"][week] for part in parts) == pytest.approx(
            whole["expected_base"][week], abs=0.01
        )
    later = sum(queries_forecast.forecast_later(con, Scope(regions=(region,))) for region in regions)
    assert later == pytest.approx(queries_forecast.forecast_later(con, Scope()), abs=0.01)


def test_the_range_holds_the_expectation_and_is_narrower_together_than_apart(con):
    whole = queries_forecast.forecast(con, Scope())
    assert (whole["p10_base"] <= whole["expected_base"]).all()
    assert (whole["p90_base"] >= whole["expected_base"]).all()
    reps = queries.filter_values(con, Scope())["reps"]
    apart = sum(
        (part := queries_forecast.forecast(con, Scope(reps=(rep,))))["p90_base"] - part["p10_base"] for rep in reps
    )
    assert ((whole["p90_base"] - whole["p10_base"]) <= apart + 0.01).all(), "independent items even out"


def test_customers_of_the_forecast_add_up_to_its_weeks(con):
    weeks = queries_forecast.forecast(con, Scope())
    customers = queries_forecast.forecast_customers(con, Scope(), 4, top=10_000)
    assert customers["expected_base"].sum() == pytest.approx(weeks["expected_base"].head(4).sum(), abs=0.01)
    assert customers["expected_base"].is_monotonic_decreasing


def test_lateness_with_open_items_is_not_below_that_of_payments_at_the_end(con):
    months = queries_forecast.lateness(con, Scope())
    last = months.iloc[-1]
    assert last["days_late_open"] > last["days_late"], "the sample has an old overdue tail"
    assert (months["days_to_pay"].dropna() > 0).all()


def test_cohort_shares_fall_with_age_once_they_are_final(con):
    billed = queries_forecast.cohorts(con, Scope())
    assert billed["unpaid_share"].dropna().between(0, 1).all()
    final = billed[billed["is_final"]].pivot(index="month_end", columns="age_days", values="unpaid_share").dropna()
    assert len(final) > 20
    assert (final.diff(axis=1).iloc[:, 1:] <= 1e-9).all().all()
