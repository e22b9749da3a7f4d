"""``loyalty-rules run``: decides a history of events, or books it, and says what it came to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.batch.booked import book_held, book_history
from loyalty_rules.batch.figures import Figures, written_points
from loyalty_rules.batch.files import write_whole
from loyalty_rules.batch.held import HeldEvents
from loyalty_rules.batch.history import AsOf, decide_history
from loyalty_rules.batch.read_events import read_events
from loyalty_rules.batch.receipts import Receipt
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.progress import steps
from loyalty_rules.cli.rule_files import the_rule_set
from loyalty_rules.cli.stores import ledger_option, store_option
from loyalty_rules.cli.summary import Effort, as_object, as_text, peak_memory_mb
from loyalty_rules.cli.terminal import complain, say
from loyalty_rules.domain.errors import LedgerError
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.ruleset.forms import read_instant
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.ledger import Ledger, open_ledger
from loyalty_rules.service.rule_set import RuleSet

FAST_CLOCKS: Final = timedelta(minutes=5)
"""How much later than now an event may have happened when no ``--as-of`` is given."""

_EVENTS: Final = click.Path(exists=True, dir_okay=False, allow_dash=True)


class Moment(NamedTuple):
    """How far the run looks, and how that is written."""

    as_of: AsOf
    text: str
    is_now: bool = False


class Into(NamedTuple):
    """Where a run books: a store and the ledger in it."""

    store: str
    ledger: str


@click.command("run")
@click.argument("rules", type=click.Path(exists=True, path_type=Path))
@click.argument("events", nargs=-1, required=True, type=_EVENTS)
@click.option(
    "--as-of",
    "as_of",
    metavar="DAY|INSTANT",
    help="Decide what happened up to then (a day with all its hours) and read levels on that day."
    "  [default: now]",
)
@click.option(
    "--decisions",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every decision to this file, one JSON object a line (.jsonl, or .jsonl.gz to pack it).",
)
@click.option(
    "--source",
    default="",
    metavar="NAME",
    help="Whose credential these events came with, such as a partner's.  [default: none]",
)
@store_option(required=False)
@ledger_option
@plugin_option
@format_option
def run_command(
    rules: Path,
    events: tuple[str, ...],
    as_of: str | None,
    decisions: Path | None,
    source: str,
    store: str | None,
    ledger: str,
    plugins: tuple[str, ...],
    form: str,
) -> int:
    """Decide a history of events and sum up what it came to.

    RULES is the file of a rule set, or a folder with one. EVENTS are files of events, one JSON object a
    line, plain or packed with gzip; `-` is standard input. Events are decided in business order, in
    whatever order they stand. Nothing is stored, unless --store names a ledger: then every event is booked
    there once. A run that was interrupted can be repeated, and what is booked already is passed over.

    An event that cannot be read or is refused is counted with its reason and the rest goes on. Every
    other event has a line in --decisions, in business order; an unreadable line has none, and a return that
    waited for its purchase has a second one behind it. Points of a program with a scale are written as
    text, such as "8.94".

    \b
    Example:
      loyalty-rules run rules/coffee-club year.jsonl --as-of 2025-12-31
      zcat day-*.gz | loyalty-rules run rules/coffee-club - --format json
      loyalty-rules run rules/coffee-club year.jsonl --store sqlite:///club.db

    Exit: 0 the run came to its end, 1 mistakes in the rules or a damaged file of events (what stands
    before the damage is decided), 2 wrong use or an unreadable file.
    """
    loaded = the_rule_set(rules, allowed(plugins), form)
    if loaded is None:
        return 1
    _check_target(decisions, loaded.file, events)
    moment, into = _moment(loaded, as_of), _into(loaded, store, ledger)
    begun = time.perf_counter()
    try:
        with _decisions(decisions) as on_receipt:
            figures = _run(loaded, events, source, moment, into, on_receipt)
    except OSError as problem:
        if isinstance(problem, BrokenPipeError):
            raise
        raise click.UsageError(_reason(problem)) from None
    effort = Effort(time.perf_counter() - begun, peak_memory_mb())
    _show(loaded, figures, moment, effort, form, events)
    for file in figures.broken_files:
        complain(printable(f"`{file}` is damaged: its end was not read"))
    return 1 if figures.broken_files else 0


def _show(
    rules: RuleSet,
    figures: Figures,
    moment: Moment,
    effort: Effort,
    form: str,
    events: tuple[str, ...],
) -> None:
    if form == "json":
        say(json.dumps(as_object(rules, figures, moment.text, effort), indent=2))
    elif figures.events == 0:
        say(f"nothing to decide: {_names(events)} without events")
    else:
        say(as_text(rules, figures, moment.text, effort))


def _run(
    rules: RuleSet,
    events: tuple[str, ...],
    source: str,
    moment: Moment,
    into: Into | None,
    on_receipt: Callable[[Receipt], None],
) -> Figures:
    with steps(events) as progress:

        def each(receipt: Receipt) -> None:
            progress.decided()
            on_receipt(receipt)

        lines = read_events(events, source=source, progress=progress.read)
        if into is None:

            def book(held: HeldEvents, figures: Figures) -> Figures:
                with _ledger(rules, moment, Into("memory:", "main")) as ledger:
                    return book_held(ledger, held, figures, moment.as_of.day, each)

            return decide_history(rules, lines, moment.as_of, each, progress.start_deciding, book)
        with _ledger(rules, moment, into) as ledger:
            return book_history(ledger, lines, moment.as_of.day, each, progress.start_deciding)


def _into(rules: RuleSet, store: str | None, ledger: str) -> Into | None:
    """The ledger that books the events. Where what one member does concerns others it takes one to tell them:
    in memory, if none is named."""
    if store is None:
        return Into("memory:", ledger) if rules.concerns_others else None
    return Into(store, ledger)


def _ledger(rules: RuleSet, moment: Moment, into: Into) -> Ledger:
    """The ledger to book into. With ``--as-of`` it stands at that instant, as if it were now."""
    try:
        if moment.is_now:
            return open_ledger(into.store, rules, ledger=into.ledger, future_tolerance=FAST_CLOCKS)
        latest, none = moment.as_of.latest, timedelta(0)
        return open_ledger(
            into.store, rules, ledger=into.ledger, now=lambda: latest, future_tolerance=none
        )
    except LedgerError as problem:
        raise click.UsageError(printable(str(problem))) from None


def _moment(rules: RuleSet, written: str | None) -> Moment:
    """What ``--as-of`` says; now, with some patience for fast clocks, if it says nothing."""
    zone, calendar = rules.plan.zone, rules.plan.calendar
    if written is None:
        now = datetime.now(UTC)
        return Moment(
            AsOf.instant(rules, now, FAST_CLOCKS),
            write_instant(now.replace(microsecond=0)),
            is_now=True,
        )
    if "T" not in written:
        try:
            day = calendar.parse(written)
        except ValueError as problem:
            raise click.BadParameter(printable(str(problem)), param_hint="--as-of") from None
        return Moment(AsOf.through_day(rules, day), calendar.write(day))
    instant = read_instant(written, zone)
    if isinstance(instant, str):
        raise click.BadParameter(printable(instant), param_hint="--as-of")
    return Moment(AsOf.instant(rules, instant), write_instant(instant))


@contextmanager
def _decisions(target: Path | None) -> Iterator[Callable[[Receipt], None]]:
    """Writes receipts to a file that appears when all of them were written; or to nowhere."""
    if target is None:
        yield lambda receipt: None
        return
    with write_whole(target) as sink:

        def write(receipt: Receipt) -> None:
            for one in (receipt, *receipt.released):
                line = json.dumps(_receipt(one), ensure_ascii=False, separators=(",", ":"))
                sink.write(line.encode("utf-8") + b"\n")

        yield write


def _receipt(receipt: Receipt) -> dict[str, object]:
    """One decision: points by program, what each rule gave, and a refusal if it was refused."""
    event = receipt.event
    found: dict[str, object] = {
        "id": event.id,
        "type": event.type,
        "member": event.member,
        "occurred_at": write_instant(event.occurred_at),
        "status": receipt.status,
    }
    if receipt.refusal is not None:
        code, path, reason = receipt.refusal.code, receipt.refusal.path, receipt.refusal.reason
        found["refusal"] = {"code": code, "path": path, "reason": reason}
    elif receipt.decision is not None and receipt.status in ("decided", "booked"):
        found |= _given(receipt)
    return found


def _given(receipt: Receipt) -> dict[str, object]:
    decision = receipt.decision
    assert decision is not None
    gave: dict[str, dict[str, int]] = {}
    for trace in decision.trace:
        for given in trace.given:
            if given.points:
                own = gave.setdefault(given.rule, {})
                own[given.program] = own.get(given.program, 0) + given.points
    return {
        "points": _written(decision, decision.outcome.points or {}),
        "gave": {rule: _written(decision, own) for rule, own in gave.items()},
    }


def _written(decision: Decision, points: Mapping[str, int]) -> dict[str, int | str]:
    """Points by program; a program that only earlier rules had has no digits behind the point."""
    accounts = decision.rules.plan.index.accounts
    return {
        name: written_points(units, accounts[name].scale if name in accounts else 0)
        for name, units in points.items()
        if units
    }


def _check_target(target: Path | None, rules: str, events: tuple[str, ...]) -> None:
    """No file that is read may be written over."""
    if target is None:
        return
    read = {Path(one).resolve() for one in (rules, *events) if one != "-"}
    if target.resolve() in read:
        raise click.UsageError(printable(f"`{target}` would be written over"))


def _reason(problem: OSError) -> str:
    place = f"`{problem.filename}`: " if problem.filename else ""
    return printable(f"{place}{(problem.strerror or str(problem)).lower()}")


def _names(events: tuple[str, ...]) -> str:
    shown = ", ".join("standard input" if one == "-" else f"`{one}`" for one in events)
    return printable(f"{shown} {'is' if len(events) == 1 else 'are'}")
