"""``loyalty-rules ledger erase``: forgets a member and keeps the sums."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.options import allowed, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import CannotError, complain, say
from loyalty_rules.service.keeping import erase_stored, scrub_store
from loyalty_rules.service.opening import last_rules
from loyalty_rules.service.receipt import Receipt


@click.command("erase")
@click.argument("member")
@store_option(required=True)
@ledger_option
@click.option("--yes", is_flag=True, help="Do not ask. There is no way back.")
@click.option(
    "--no-scrub",
    is_flag=True,
    help="Do not write the file anew: traces stay in its free pages until somebody does.",
)
@plugin_option
def erase_command(
    member: str, store: str, ledger: str, yes: bool, no_scrub: bool, plugins: tuple[str, ...]
) -> int:
    """Erase a member: forfeit what he has, take away what he told and did, keep the sums and the chain.

    Whatever comes for him later is refused; an id that was received before is still a duplicate. The
    file is then written anew. Backups and exports are not touched.

    \b
    Example:
      loyalty-rules ledger erase m-1 --store sqlite:///club.db --yes

    Exit: 0 he is erased (or was before), 1 nobody of that name is known or his account is damaged,
    2 wrong use.
    """
    registry, now = allowed(plugins), datetime.now(UTC)
    with existing_store(store) as opened:
        if not yes and not _agreed(member):
            return 2
        rules = last_rules(opened, ledger, registry)
        receipt = erase_stored(opened, ledger, rules, member, now)
        if receipt.refusal is not None and receipt.refusal.code != "member_erased":
            raise CannotError(f"{receipt.refusal.code}: {receipt.refusal.reason}")
        say(printable(_as_text(receipt)))
        if not no_scrub and scrub_store(opened):
            say("the file was written anew")
    return 0


def _agreed(member: str) -> bool:
    """Whether somebody at a terminal says so."""
    if not sys.stdin.isatty():
        complain("nobody is there to be asked: say `--yes`")
        return False
    return click.confirm(printable(f"Erase `{member}` for ever?"), default=False, err=True)


def _as_text(receipt: Receipt) -> str:
    if receipt.status != "booked":
        return "erased before"
    points = ", ".join(f"{-points} {program}" for program, points in receipt.points.items())
    return f"erased; forfeited: {points or 'nothing'}"
