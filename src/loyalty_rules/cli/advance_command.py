"""``loyalty-rules advance``: books what falls due by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from loyalty_rules.cli.instants import instant_option
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.service.advancing import Advanced
from loyalty_rules.service.keeping import advance_stored
from loyalty_rules.service.opening import last_rules


@click.command("advance")
@store_option(required=True)
@ledger_option
@click.option(
    "--to",
    metavar="INSTANT|DAY",
    help="Up to when, that instant included, or through which day (default: now).",
)
@plugin_option
@format_option
def advance_command(
    store: str, ledger: str, to: str | None, plugins: tuple[str, ...], form: str
) -> int:
    """Book what falls due by itself: points that end or become free, levels that lapse.

    Decisions are right without it, for each begins with what fell due before. It is for whoever wants things
    to be in the book when they happen. Rules are read as the ledger keeps them.

    \b
    Example:
      loyalty-rules advance --store sqlite:///club.db

    Exit: 0 done, 1 refused (that instant lies ahead, or before the last one) or some accounts are damaged,
    2 wrong use.
    """
    registry, now = allowed(plugins), datetime.now(UTC)
    with existing_store(store) as opened:
        rules = last_rules(opened, ledger, registry)
        instant = now if to is None else instant_option(rules, to, "--to")
        done = advance_stored(opened, ledger, rules, instant, now)
    say(json.dumps(_as_object(done), indent=2) if form == "json" else _as_text(done))
    return 1 if done.damaged else 0


def _as_text(done: Advanced) -> str:
    to = write_instant(done.to.replace(microsecond=0))
    said = f"nothing fell due up to {to}"
    if done.entries:
        said = f"{done.entries} entries for {done.members} members, up to {to}"
    if done.damaged:
        said += (
            f"\nleft out, because they are damaged: accounts {', '.join(map(str, done.damaged))}"
        )
    return said


def _as_object(done: Advanced) -> dict[str, object]:
    return {
        "to": write_instant(done.to),
        "members": done.members,
        "entries": done.entries,
        "damaged": list(done.damaged),
    }
