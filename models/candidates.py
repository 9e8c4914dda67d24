"""Train a candidate on a published build and store it with its card; a person lets it serve."""

import datetime as dt

import duckdb
from threadpoolctl import threadpool_limits

from models import describe, features, store, training
from models.card import Card
from pipelines.settings import Settings


@threadpool_limits.wrap(limits=1)
def train(con: duckdb.DuckDBPyConnection, known: dt.date, settings: Settings, build_id: str) -> Card:
    """Train a candidate on what a build knew when `known` closed, and store it with its card."""
    learning = training.learning_rows(con, known, settings)
    features.drop(con)
    trained = training.train(learning, settings)
    left = describe.left_out(con, known, settings)
    return store.save(trained, describe.card(trained, learning, settings, build_id, left), settings)
