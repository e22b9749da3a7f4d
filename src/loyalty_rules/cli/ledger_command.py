"""``loyalty-rules ledger verify|rebuild|export|import|outbox|erase|correct``: the care of a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.correct_command import correct_command
from loyalty_rules.cli.erase_command import erase_command
from loyalty_rules.cli.move_commands import export_command, import_ledger_command
from loyalty_rules.cli.options import format_option
from loyalty_rules.cli.outbox_command import outbox_command
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.ledger.findings import Report
from loyalty_rules.service.keeping import rebuild_ledger, verify_ledger
from loyalty_rules.service.opening import find


@click.group("ledger")
def ledger_commands() -> None:
    """Check a ledger, make its states again, take it elsewhere, erase a member.

    \b
    Example:
      loyalty-rules ledger verify --store sqlite:///club.db

    Exit: 0 done, 1 something is wrong with the ledger, 2 wrong use.
    """


for _command in (
    outbox_command,
    erase_command,
    correct_command,
    export_command,
    import_ledger_command,
):
    ledger_commands.add_command(_command)


@ledger_commands.command("verify")
@store_option(required=True)
@ledger_option
@click.option("--no-seal", is_flag=True, help="Leave what is not sealed yet unsealed.")
@format_option
def verify_command(store: str, ledger: str, no_seal: bool, form: str) -> int:
    """Check every chain, checksum, sum and state of a ledger.

    What no seal covered yet is named, and sealed if nothing is wrong.

    \b
    Example:
      loyalty-rules ledger verify --store sqlite:///club.db --format json

    Exit: 0 nothing is wrong, 1 something is, 2 wrong use.
    """
    with existing_store(store) as opened:
        number, _ = find(opened, ledger)
        report = verify_ledger(opened, number, None if no_seal else datetime.now(UTC))
    if form == "json":
        say(json.dumps(_as_object(report), indent=2))
    else:
        for line in _as_text(report, sealed=not no_seal):
            say(printable(line))
    return 0 if report.is_clean else 1


@ledger_commands.command("rebuild")
@store_option(required=True)
@ledger_option
def rebuild_command(store: str, ledger: str) -> int:
    """Make states, lots, postings and orders again from the log, and put right what differs.

    No rule and no plugin is run. A log that is damaged itself is not rebuilt from.

    \b
    Example:
      loyalty-rules ledger rebuild --store sqlite:///club.db

    Exit: 0 done, 1 the log is damaged, 2 wrong use.
    """
    with existing_store(store) as opened:
        number, _ = find(opened, ledger)
        rebuilt = rebuild_ledger(opened, number)
    say(f"made again: accounts {rebuilt.accounts:,}, from entries {rebuilt.entries:,}")
    if rebuilt.is_identical:
        say("every byte was the same")
    else:
        shown = ", ".join(str(one) for one in rebuilt.changed[:10])
        more = ", ..." if len(rebuilt.changed) > 10 else ""
        if rebuilt.changed:
            say(f"put right: accounts {len(rebuilt.changed):,} ({shown}{more})")
        for counter in rebuilt.counters:
            say(printable(f"put right: shared counter `{counter}`"))
    return 0


def _as_object(report: Report) -> dict[str, object]:
    return {
        "clean": report.is_clean,
        "accounts": report.accounts,
        "entries": report.entries,
        "orders": report.orders,
        "seals": report.seals,
        "unsealed": {"entries": report.unsealed, "accounts": report.unsealed_accounts},
        "books": report.books,
        "findings": [{"place": one.place, "text": one.text} for one in report.findings],
    }


def _as_text(report: Report, *, sealed: bool) -> Iterator[str]:
    yield (
        f"accounts {report.accounts:,}, entries {report.entries:,}, orders {report.orders:,},"
        f" seals {report.seals:,}"
    )
    for program, books in report.books.items():
        yield f"{program}: " + ", ".join(
            f"{book} {points:,}" for book, points in sorted(books.items())
        )
    for finding in report.findings:
        yield f"{finding.place}: {finding.text}"
    if report.unsealed:
        yield (
            f"not sealed: entries {report.unsealed:,}, accounts {len(report.unsealed_accounts):,}"
            + ("; now they are" if sealed and report.is_clean else "")
        )
    yield "nothing is wrong" if report.is_clean else f"wrong: {len(report.findings):,}"
