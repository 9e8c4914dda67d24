"""Command line of the late-payment model: train on the published build, evaluate, report, keep or roll back."""

import json
from pathlib import Path

import click

from models import candidates, store
from models import evaluate as evaluation
from models import report as reports
from models.card import Card, serving_card, unusable
from pipelines import i18n
from pipelines.commands import Commands, json_option, progress_lines, say
from pipelines.errors import UserError
from pipelines.reporting import queries
from pipelines.settings import Settings
from pipelines.warehouse import Warehouse


class NoBuild(UserError):
    """There is no published build to learn from."""

    def __init__(self) -> None:
        super().__init__("error.model_no_build")


class CutOutOfRange(UserError):
    """The share of a cut is not between 0 and 1."""

    def __init__(self, cut: float) -> None:
        super().__init__("error.model_cut", cut=str(cut))


@click.group(cls=Commands)
def main() -> None:
    """Late-payment risk: train, evaluate, report, keep or roll back."""


@main.command()
@click.option("--keep", is_flag=True, help="Let the new model serve at once.")
@json_option
def train(keep: bool, as_json: bool) -> None:
    """Train a candidate on the published build; the first one serves at once."""
    settings = Settings()
    build = _build(settings)
    with Warehouse.of(settings).lock("training"), queries.open_build(build) as con:
        card = candidates.train(con, build.as_of, settings, build.build_id)
    before = serving_card(settings)
    store.log(settings, "trained", card.model_id, before.model_id if before else None)
    serves = keep or before is None or before.model_id == card.model_id
    if serves:
        store.serve(settings, card.model_id)
    if as_json:
        click.echo(json.dumps({"model_id": card.model_id, "serves": serves, "card": card.data}, ensure_ascii=False))
        return
    say("model.trained", model_id=card.model_id, items=card.data["items"])
    for line in reports.refusal_lines(card, i18n.terminal_language()):
        click.echo(line)
    if serves:
        say("model.kept", model_id=card.model_id)
    else:
        assert before is not None
        click.echo(reports.comparison(before, card, i18n.terminal_language()))
        say("model.candidate", model_id=card.model_id, before=before.model_id)


@main.command()
@click.option("--cut", type=float, help="One cut at this share of the instalments in order of issue.")
@click.option("--months", type=click.IntRange(1, 60), default=12, show_default=True, help="Month ends to replay.")
@click.option("--scores", type=click.Path(path_type=Path, dir_okay=False), help="Write the test rows of --cut here.")
@json_option
def evaluate(cut: float | None, months: int, scores: Path | None, as_json: bool) -> None:
    """Judge the model on outcomes it had not seen: one cut, or a replay of monthly cuts."""
    settings = Settings()
    if cut is not None and not 0 < cut < 1:
        raise CutOutOfRange(cut)
    if scores is not None and cut is None:
        raise click.UsageError("--scores needs --cut")
    with queries.open_build(_build(settings)) as con:
        if cut is not None:
            figures, rows = evaluation.at_cut(con, cut, settings)
            if scores is not None:
                rows.to_csv(scores, index=False)
            click.echo(json.dumps(figures) if as_json else reports.cut_table(figures))
            return
        table = evaluation.replay(con, settings, months, progress_lines())
    click.echo(reports.replay_json(table) if as_json else reports.replay_table(table))


@main.command()
@click.argument("model_id", required=False)
@json_option
def report(model_id: str | None, as_json: bool) -> None:
    """Show the card of the serving model, or of MODEL_ID, and the log of models."""
    settings = Settings()
    card = store.candidate(settings, model_id) if model_id else serving_card(settings)
    if as_json:
        click.echo(json.dumps(card.data if card else None, ensure_ascii=False))
        return
    if not model_id and (reason := unusable(settings)) is not None:
        click.echo(reason.text(i18n.terminal_language()), err=True)
    click.echo(reports.text(settings, card, i18n.terminal_language()))


@main.command()
@click.argument("model_id")
def keep(model_id: str) -> None:
    """Let the candidate MODEL_ID serve from the next build on."""
    settings = Settings()
    _serve(store.candidate(settings, model_id), settings)


@main.command()
def rollback() -> None:
    """Let the model that served before serve again."""
    settings = Settings()
    _serve(store.candidate(settings, store.before(settings)), settings)


def _serve(card: Card, settings: Settings) -> None:
    action = store.serve(settings, card.model_id)
    say(f"model.{action}", model_id=card.model_id)


def _build(settings: Settings) -> queries.Build:
    build = queries.published(settings)
    if build is None:
        raise NoBuild
    return build


if __name__ == "__main__":
    main()
