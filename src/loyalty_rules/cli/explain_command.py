"""``loyalty-rules explain``: why one event gives what it gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.batch.before import decisions_after
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.files import READ_ERRORS, open_unpacked, reason_of
from loyalty_rules.batch.read_events import reading
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.progress import steps
from loyalty_rules.cli.rule_files import the_rule_set
from loyalty_rules.cli.terminal import complain, say, tell_refused
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.json_text import EVENT_BYTES_MAX
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.rule_set import RuleSet

_FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command("explain")
@click.argument("rules", type=click.Path(exists=True, path_type=Path))
@click.argument("event", type=_FILE)
@click.option(
    "--history",
    multiple=True,
    type=_FILE,
    help="A file with events; those of the member before the event are decided first. May be repeated.",
)
@plugin_option
@format_option
def explain_command(
    rules: Path, event: str, history: tuple[str, ...], plugins: tuple[str, ...], form: str
) -> int:
    """Explain why each rule gave what it gave for one event, or why it did not.

    RULES is the file of a rule set, or a folder with one; EVENT is a file with one event as JSON (`-`:
    standard input). Without --history the member is new; a return is decided with its orders among the
    history. Where accounts were merged before the event, that is the history of all who the member is by
    then. Where what one member does concerns others (a referral, a transfer) it is that of all members, and
    what follows for others is explained behind the event. Nothing is stored.

    \b
    Example:
      loyalty-rules explain rules/coffee-club order.json --history year.jsonl

    Exit: 0 explained, 1 mistakes in the rules or the event, 2 wrong use or an unreadable file.
    """
    loaded = the_rule_set(rules, allowed(plugins), form)
    if loaded is None:
        return 1
    try:
        read = _read_event(event)
        decisions, figures = _decided(loaded, read, history)
    except EventError as problem:
        tell_refused(event, problem, as_json=form == "json")
        return 1
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise click.UsageError(printable(f"`{problem.filename or event}`: {reason}")) from None
    explanation, *also = (one.explain() for one in decisions)
    if form == "json":
        told = {
            "decided": figures.statuses["decided"] + figures.statuses["booked"],
            "refused": dict(figures.refused),
        }
        others = {"also": [one.as_json() for one in also]} if also else {}
        say(json.dumps({**explanation.as_json(), **others, "history": told}, indent=2))
    else:
        say("\n\n".join(map(str, (explanation, *also))))
    _report(figures)
    return 0


def _read_event(file: str) -> Event:
    """The one event in a file.

    Errors: ``EventError``; ``OSError`` when it cannot be opened.
    """
    with open_unpacked(file) as (stream, _):
        try:
            data = stream.read(EVENT_BYTES_MAX + 2)
        except READ_ERRORS as problem:
            raise EventError("broken_file", "", reason_of(problem)) from None
    if not data.strip():
        raise EventError("empty_file", "", "the file is empty: it should hold one event as JSON")
    return parse_event(data)


def _decided(
    rules: RuleSet, event: Event, history: tuple[str, ...]
) -> tuple[tuple[Decision, ...], Figures]:
    """What the event comes to, and what follows from it for other members."""
    figures = Figures(rules.plan)
    with steps(history) as progress:
        read = reading(history, progress=progress.read)
        return decisions_after(rules, read, event, figures), figures


def _report(figures: Figures) -> None:
    """What of the history did not count, for whoever wonders."""
    for code, count in sorted(figures.refused.items()):
        first = figures.examples[code][0]
        note = f"not counted of the history: {count} as {code}, first {first.place}: {first.text}"
        complain(printable(note))
