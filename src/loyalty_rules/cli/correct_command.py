"""``loyalty-rules ledger correct``: what other rules make of the past, shown and then booked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.base.zones import start_of_day
from loyalty_rules.cli.instants import instant_option
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.service.correcting import Corrected, Correction
from loyalty_rules.service.decision import in_points
from loyalty_rules.service.keeping import correct_stored
from loyalty_rules.service.loading import load
from loyalty_rules.service.opening import last_rules
from loyalty_rules.service.rule_set import RuleSet


@click.command("correct")
@store_option(required=True)
@ledger_option
@click.option(
    "--from",
    "since",
    required=True,
    metavar="INSTANT|DAY",
    help="From when on events are decided again: an instant, or the beginning of a day.",
)
@click.option(
    "--rules",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The version that takes the place of those that were in force.",
)
@click.option("--book", is_flag=True, help="Book the differences. Without it they are only shown.")
@click.option("--reason", default="", metavar="TEXT", help="Why; stands in every entry.")
@click.option("--author", default="", metavar="TEXT", help="Who says so; stands in every entry.")
@plugin_option
@format_option
def correct_command(
    store: str,
    ledger: str,
    since: str,
    file: Path,
    book: bool,
    reason: str,
    author: str,
    plugins: tuple[str, ...],
    form: str,
) -> int:
    """Decide what occurred since a day again by other rules, and show or book the difference.

    Each member for whom something changes gets one entry. Receipts of the events stay what they were;
    redemptions that were accepted stay accepted. Begun and not ended, it can be run again; what was booked is
    not booked twice. From then on the ledger is read with the new version.

    \b
    Example:
      loyalty-rules ledger correct --store sqlite:///club.db --from 2026-03-01 --rules fixed.yaml
      loyalty-rules ledger correct --store sqlite:///club.db --from 2026-03-01 --rules fixed.yaml --book

    Exit: 0 done, 1 some members cannot be corrected or the rules have mistakes, 2 wrong use.
    """
    registry, now = allowed(plugins), datetime.now(UTC)
    with existing_store(store) as opened:
        present, rules = last_rules(opened, ledger, registry), load(file, registry)
        correction = Correction(_beginning(rules, since), rules, reason, author)
        found = correct_stored(opened, ledger, present, correction, now, book=book)
        return _told(found, rules, correction, form, book=book)


def _beginning(rules: RuleSet, written: str) -> datetime:
    instant = instant_option(rules, written, "--from")
    if "T" in written:
        return instant
    return start_of_day(rules.plan.calendar.parse(written), rules.plan.zone).astimezone(UTC)


def _told(
    found: Iterable[Corrected], rules: RuleSet, correction: Correction, form: str, *, book: bool
) -> int:
    """Say what was found, member by member, and all together."""
    sums: Counter[str] = Counter()
    members = left = 0
    for one in found:
        members, left = members + 1, left + (one.status == "left")
        sums.update(dict(one.points))
        if form == "json":
            say(json.dumps(_as_object(one, rules), ensure_ascii=False))
        else:
            say(printable(_as_text(one, rules)))
    if form == "text":
        total = ", ".join(
            _points(rules, name, units) for name, units in sorted(sums.items()) if units
        )
        word = "booked" if book else "not booked (`--book` books it)"
        since = write_instant(correction.since)
        say(f"{members - left:,} members, {total or 'no points'} from {since} on: {word}")
        if left:
            say(f"left as they are: {left:,}")
    return 1 if left else 0


def _points(rules: RuleSet, program: str, units: int) -> str:
    account = rules.plan.index.accounts.get(program)
    return f"{program} {in_points(units, account.scale if account else 0):+}"


def _as_text(one: Corrected, rules: RuleSet) -> str:
    name = one.member or f"account {one.account}"
    if one.status == "left":
        return f"{name}: {one.wrong}"
    points = ", ".join(_points(rules, *two) for two in one.points) or "no points"
    given = ", ".join(
        f"{two.rule}: {_points(rules, two.program, two.points)}" for two in one.by_rule
    )
    return f"{name}: {points}" + (f" ({given})" if given else "")


def _as_object(one: Corrected, rules: RuleSet) -> dict[str, object]:
    def number(program: str, units: int) -> str:
        account = rules.plan.index.accounts.get(program)
        return str(in_points(units, account.scale if account else 0))

    return {
        "member": one.member,
        "account": one.account,
        "status": one.status,
        "events": one.events,
        "points": {program: number(program, units) for program, units in one.points},
        "rules": [
            {"rule": two.rule, "program": two.program, "points": number(two.program, two.points)}
            for two in one.by_rule
        ],
        **({"wrong": one.wrong} if one.wrong else {}),
    }
