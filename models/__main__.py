"""Command line of the late-payment model: train on the published build, keep or roll back, evaluate."""

import sys

import click

from models import late_risk, store
from models.card import Card, serving_card
from pipelines import i18n, queries
from pipelines.errors import UserError
from pipelines.settings import Settings


class NoBuild(UserError):
    """There is no published build to learn from."""

    def __init__(self) -> None:
        super().__init__("error.model_no_build")


@click.group()
def main() -> None:
    """Late-payment risk: train, evaluate, keep or roll back."""


@main.command()
@click.option("--keep", is_flag=True, help="Let the new model serve at once.")
def train(keep: bool) -> None:
    """Train a candidate on the published build; the first one serves at once."""
    settings = Settings()
    build = queries.published(settings)
    if build is None:
        raise NoBuild
    with queries.open_build(build) as con:
        card = late_risk.train(con, build.as_of, settings, build.build_id)
    before = serving_card(settings)
    store.log(settings, "trained", card.model_id, before.model_id if before else None)
    _say("model.trained", model_id=card.model_id, items=card.data["items"])
    for target, refused in card.data["refusals"].items():
        _say(f"model.{refused['code']}", **{"target": _word(f"model.target_{target}"), **refused})
    if keep or before is None:
        _keep(card, settings, "kept")
    else:
        _say("model.candidate", model_id=card.model_id, before=before.model_id)


@main.command()
@click.argument("model_id")
def keep(model_id: str) -> None:
    """Let the candidate MODEL_ID serve from the next build on."""
    settings = Settings()
    _keep(store.candidate(settings, model_id), settings, "kept")


@main.command()
def rollback() -> None:
    """Let the model that served before serve again."""
    settings = Settings()
    _keep(store.candidate(settings, store.before(settings)), settings, "rolled_back")


def _keep(card: Card, settings: Settings, action: str) -> None:
    store.serve(settings, card.model_id, action)
    _say(f"model.{action}", model_id=card.model_id)


def _say(key: str, **params: object) -> None:
    click.echo(i18n.translate(i18n.terminal_language(), key, **params))


def _word(key: str) -> str:
    return i18n.translate(i18n.terminal_language(), key)


if __name__ == "__main__":
    try:
        main()
    except UserError as problem:
        click.echo(problem.text(i18n.terminal_language()), err=True)
        sys.exit(1)
