"""``loyalty-rules report``: the figures of a program, from its ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.instants import instant_option
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.reports.report import Parameters, report
from loyalty_rules.reports.report_text import as_object, as_text
from loyalty_rules.service.opening import last_rules


def _share(ctx: click.Context, param: click.Parameter, written: str) -> Fraction:
    """A share such as ``75 %`` or ``75%``."""
    try:
        percent = Decimal(written.strip().removesuffix("%").strip())
    except InvalidOperation:
        percent = Decimal("NaN")
    if not written.strip().endswith("%") or not percent.is_finite() or not 0 <= percent <= 100:
        raise click.BadParameter("write a share from `0 %` to `100 %`", ctx, param)
    return Fraction(percent) / 100


@click.command("report")
@store_option(required=True)
@ledger_option
@click.option("--at", metavar="INSTANT|DAY", help="As of when (default: now); a day: its end.")
@click.option(
    "--expected",
    callback=_share,
    default="100 %",
    show_default=True,
    metavar="SHARE",
    help="The part of points that members are expected to spend.",
)
@click.option(
    "--margin",
    callback=_share,
    default="100 %",
    show_default=True,
    metavar="SHARE",
    help="What is left of the money that members spend.",
)
@click.option(
    "--discount",
    callback=_share,
    default="10 %",
    show_default=True,
    metavar="SHARE",
    help="The discount rate of one period.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=365,
    show_default=True,
    help="The length of a period.",
)
@click.option("--nps", default="nps", show_default=True, help="The survey of the promoter score.")
@click.option(
    "--index",
    default="loyalty",
    show_default=True,
    help="How the surveys of the loyalty index begin.",
)
@plugin_option
@format_option
def report_command(
    store: str,
    ledger: str,
    at: str | None,
    expected: Fraction,
    margin: Fraction,
    discount: Fraction,
    days: int,
    nps: str,
    index: str,
    plugins: tuple[str, ...],
    form: str,
) -> int:
    """The figures of a program: liability, redemption, retention, lifetime value, surveys.

    All of what was booked up to an instant, held against the postings. Formulas: docs/reports.md.

    \b
    Example:
      loyalty-rules report --store sqlite:///club.db \\
        --at 2026-12-31 --expected "75 %"

    Exit: 0 done, 1 refused (that instant lies ahead), or entries and postings do not agree, 2 wrong use.
    """
    registry, now = allowed(plugins), datetime.now(UTC)
    asked = Parameters(expected, margin, discount, days, nps, index)
    with existing_store(store) as opened:
        rules = last_rules(opened, ledger, registry)
        instant = now if at is None else instant_option(rules, at, "--at")
        made = report(opened, rules, instant, now=now, parameters=asked, ledger=ledger)
    if form == "json":
        say(json.dumps(as_object(made), indent=2))
    else:
        for line in as_text(made):
            say(printable(line))
    return 0 if made.is_reconciled else 1
