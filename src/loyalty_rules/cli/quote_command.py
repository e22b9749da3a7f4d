"""``loyalty-rules quote``: what a member could take for his points now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from loyalty_rules.base.records import replace
from loyalty_rules.base.screen import printable
from loyalty_rules.batch.before import state_before
from loyalty_rules.batch.figures import Figures
from loyalty_rules.batch.files import READ_ERRORS, open_unpacked, reason_of
from loyalty_rules.batch.read_events import reading
from loyalty_rules.cli.instants import instant_option
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.rule_files import the_rule_set
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say, tell_refused
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import EventError, LedgerError
from loyalty_rules.domain.event import Event
from loyalty_rules.domain.json_text import EVENT_BYTES_MAX, read_plain
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.domain.state import MemberState
from loyalty_rules.service.keeping import read_state
from loyalty_rules.service.rule_set import RuleSet

_FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command("quote")
@click.argument("rules", type=click.Path(exists=True, path_type=Path))
@click.argument("cart", type=_FILE)
@store_option(required=False)
@ledger_option
@click.option(
    "--history",
    multiple=True,
    type=_FILE,
    help="A file with events; those of the member before that instant are decided first. May be repeated.",
)
@click.option(
    "--at",
    metavar="INSTANT|DAY",
    help="As it would be then, or at the end of that day (default: what the cart says, else now).",
)
@plugin_option
@format_option
def quote_command(
    rules: Path,
    cart: str,
    store: str | None,
    ledger: str,
    history: tuple[str, ...],
    at: str | None,
    plugins: tuple[str, ...],
    form: str,
) -> int:
    """Propose what a member takes for his points: of all sets the one worth most, then the cheapest.

    RULES is the file of a rule set, or a folder with one; CART is a file with JSON (`-`: standard input): the
    `member`, and `currency` and `lines` of what he is about to buy. His points are those of --store, or of
    --history; without either he has none. Nothing is written, and nothing is promised.

    \b
    Example:
      loyalty-rules quote rules/coffee-club cart.json --store sqlite:///club.db

    Exit: 0 quoted, 1 mistakes in the rules or the cart, 2 wrong use or an unreadable file.
    """
    if store is not None and history:
        raise click.UsageError("`--store` and `--history` both say what the member has: keep one")
    loaded = the_rule_set(rules, allowed(plugins), form)
    if loaded is None:
        return 1
    when = None if at is None else instant_option(loaded, at, "--at")
    try:
        read = _read_cart(cart, when)
        state = _state(loaded, read, store, ledger, history)
        # who was merged is the one who stays, whatever name the cart has
        quoted = loaded.quote(replace(read, member=state.member), state)
    except EventError as problem:
        tell_refused(cart, problem, as_json=form == "json")
        return 1
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise click.UsageError(printable(f"`{problem.filename or cart}`: {reason}")) from None
    say(json.dumps(quoted.as_json(), indent=2) if form == "json" else str(quoted))
    return 0 if quoted.refusal is None else 1


def _read_cart(file: str, at: datetime | None) -> Event:
    """The cart in a file, as a redemption that names nothing.

    Errors: ``EventError``; ``OSError`` when it cannot be opened.
    """
    with open_unpacked(file) as (stream, _):
        try:
            data = stream.read(EVENT_BYTES_MAX + 2)
        except READ_ERRORS as problem:
            raise EventError("broken_file", "", reason_of(problem)) from None
    plain: Mapping[str, object] = read_plain(data)
    spoken = {"id": "quote", "occurred_at": write_instant(datetime.now(UTC)), **plain}
    if at is not None:
        spoken["occurred_at"] = write_instant(at.astimezone(UTC))
    kept = {key: value for key, value in spoken.items() if key not in ("type", "take", "reward")}
    return parse_event({**kept, "type": "redemption"})


def _state(
    rules: RuleSet, cart: Event, store: str | None, ledger: str, history: tuple[str, ...]
) -> MemberState:
    if store is None:
        return state_before(rules, reading(history), cart, Figures(rules.plan))
    with existing_store(store) as opened:
        try:
            state = read_state(opened, ledger, rules, cart.member, datetime.now(UTC))
        except LedgerError as problem:
            raise click.UsageError(printable(str(problem))) from None
    if state.clock is not None and state.clock > cart.occurred_at:
        reason = "the member was active after that instant: quote for a later one"
        raise EventError("before_last_event", "occurred_at", reason)
    return state
