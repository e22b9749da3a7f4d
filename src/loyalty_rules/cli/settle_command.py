"""``loyalty-rules settle``: who owes whom what for points, in a period."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.options import allowed, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.reports.settlement import settle
from loyalty_rules.reports.settlement_text import as_csv, as_object, as_text
from loyalty_rules.service.opening import last_rules
from loyalty_rules.service.rule_set import RuleSet


@click.command("settle")
@store_option(required=True)
@ledger_option
@click.option("--from", "first", required=True, metavar="DAY", help="The first day of booking.")
@click.option("--through", "last", required=True, metavar="DAY", help="The last day, still in.")
@plugin_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="Text for people, one JSON object, or rows for a spreadsheet.",
)
def settle_command(
    store: str, ledger: str, first: str, last: str, plugins: tuple[str, ...], form: str
) -> int:
    """Say who owes whom what for points: statements of partners and of the operator.

    What counts is when something was booked, so the statement of a period that is over stays the same. Debits
    are credits to the last unit.

    \b
    Example:
      loyalty-rules settle --store sqlite:///town.db \\
        --from 2026-01-01 --through 2026-01-31

    Exit: 0 done, 1 refused (the period has not begun, or the ledger is damaged), 2 wrong use.
    """
    registry, now = allowed(plugins), datetime.now(UTC)
    with existing_store(store) as opened:
        rules = last_rules(opened, ledger, registry)
        days = _day(rules, first, "--from"), _day(rules, last, "--through")
        made = settle(opened, rules, *days, now=now, ledger=ledger)
    if form == "json":
        say(json.dumps(as_object(made), indent=2))
    elif form == "csv":
        say(as_csv(made).rstrip("\n"))
    else:
        for line in as_text(made):
            say(printable(line))
    return 0


def _day(rules: RuleSet, written: str, option: str) -> date:
    """A day in the calendar of the rule set."""
    try:
        return date.fromordinal(rules.plan.calendar.parse(written))
    except ValueError as problem:
        raise click.BadParameter(printable(str(problem)), param_hint=option) from None
