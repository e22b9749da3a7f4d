"""``loyalty-rules codes``: codes of a coupon, from a file into a ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.batch.code_import import Imported, import_codes
from loyalty_rules.batch.files import READ_ERRORS, open_unpacked, reason_of
from loyalty_rules.cli.instants import instant_option
from loyalty_rules.cli.options import allowed, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import CannotError, complain, say
from loyalty_rules.service.ledger import open_ledger
from loyalty_rules.service.opening import last_rules
from loyalty_rules.service.rule_set import RuleSet


@click.command("codes")
@click.argument("coupon")
@click.argument("file")
@store_option(required=True)
@ledger_option
@click.option(
    "--member",
    metavar="ID",
    default="the-shop",
    show_default=True,
    help="Whose the events are: the shop, or whoever brings the codes.",
)
@click.option("--at", metavar="INSTANT|DAY", help="From when on their time counts (default: now).")
@plugin_option
def codes_command(
    coupon: str,
    file: str,
    store: str,
    ledger: str,
    member: str,
    at: str | None,
    plugins: tuple[str, ...],
) -> int:
    """Make codes known to a ledger, a thousand at a time.

    COUPON is the id of a program of `type: coupon`, FILE has one code a line and may be packed with gzip; -
    is standard input. A file that was imported before changes nothing, and one that was cut short is sent
    again whole. Rules are read as the ledger keeps them.

    \b
    Example:
      loyalty-rules codes spring codes.txt --store sqlite:///club.db

    Exit: 0 all of them are known now, 1 some were refused, or there is no such coupon, 2 wrong use or an
    unreadable file.
    """
    registry, now = allowed(plugins), datetime.now(UTC)
    with existing_store(store) as opened:
        try:
            rules = last_rules(opened, ledger, registry)
            _check_coupon(rules, coupon)
            since = now if at is None else instant_option(rules, at, "--at")
            with open_ledger(opened, rules, ledger=ledger, now=lambda: now) as book:
                done = import_codes(book, coupon, _codes(file), member=member, at=since)
        except UnicodeDecodeError:
            raise click.UsageError(printable(f"`{file}` is not UTF-8")) from None
        except READ_ERRORS as problem:
            raise click.UsageError(
                printable(f"cannot read `{file}`: {reason_of(problem)}")
            ) from None
    say(_as_text(done))
    for code, reason, count in done.refused:
        complain(
            printable(
                f"{code}: {reason}; refused with all {count:,} that were to be booked with it"
            )
        )
    return 1 if done.refused else 0


def _check_coupon(rules: RuleSet, coupon: str) -> None:
    """Errors: ``CannotError`` when no version of the rule set has it, whatever stands in the file."""
    known = {one.id for version in rules.versions for one in version.plan.model.coupons}
    if coupon not in known:
        cure = did_you_mean(coupon, known) if known else "it has no program of `type: coupon`"
        raise CannotError(f"the rule set has no coupon `{coupon}`: {cure}")


def _codes(file: str) -> Iterator[str]:
    """The lines of a file that are not blank."""
    with open_unpacked(file) as (stream, _):
        for line in stream:
            if code := line.decode("utf-8-sig").strip():
                yield code


def _as_text(done: Imported) -> str:
    before = f", {done.before:,} were imported before" if done.before else ""
    return f"{done.new:,} codes imported{before}"
