"""``loyalty-rules member``: a member's account, as he would want to read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.instants import instant_option
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.ledger.accounts import REDEMPTION
from loyalty_rules.service.accounts import (
    Balance,
    HeldLot,
    HistoryItem,
    Points,
    Standing,
    Statement,
)
from loyalty_rules.service.keeping import read_statement
from loyalty_rules.service.open_challenges import OpenChallenge
from loyalty_rules.service.open_codes import OpenCode
from loyalty_rules.service.opening import last_rules
from loyalty_rules.service.wording import Words


@click.command("member")
@click.argument("member")
@store_option(required=True)
@ledger_option
@click.option(
    "--at",
    metavar="INSTANT|DAY",
    help="As it will be then, or at the end of that day, if nothing happens (default: now).",
)
@plugin_option
@format_option
def member_command(
    member: str, store: str, ledger: str, at: str | None, plugins: tuple[str, ...], form: str
) -> int:
    """Show a member's account: points, level, challenges, codes, history.

    MEMBER is the id that the events carry. The history names the order and the rules behind all points.
    Rules are read as the ledger keeps them; nothing is written.

    \b
    Example:
      loyalty-rules member m-00042 --store sqlite:///club.db
      loyalty-rules member m-00042 --store sqlite:///club.db --at 2027-01-31

    Exit: 0 shown, 1 nothing is known of that member (or he was active after that instant), 2 wrong use.
    """
    registry = allowed(plugins)
    with existing_store(store) as opened:
        rules = last_rules(opened, ledger, registry)
        instant = None if at is None else instant_option(rules, at, "--at")
        statement = read_statement(opened, ledger, rules, member, datetime.now(UTC), instant)
    words = Words(rules.plan)
    if form == "json":
        say(json.dumps(_as_object(statement), indent=2, ensure_ascii=False))
    else:
        for line in _as_text(statement, words):
            say(printable(line))
    return 0 if statement.known or statement.waiting else 1


def _as_text(statement: Statement, words: Words) -> Iterator[str]:
    yield f"{statement.member}, {words.instant(statement.at)}"
    if not statement.known:
        yield "nothing was ever booked for this member"
    for program, balance in statement.balances.items():
        yield ""
        yield from _balance_text(program, balance, words)
    for standing in statement.levels:
        yield ""
        yield from _standing_text(standing, words)
    if statement.memberships:
        yield ""
    for membership in statement.memberships:
        yield f"{membership.title or membership.membership}: {membership.text}"
    if statement.challenges:
        yield ""
    for challenge in statement.challenges:
        yield _challenge_text(challenge, words)
    if statement.codes:
        yield ""
    for code in statement.codes:
        yield _code_text(code, words)
    if statement.history:
        yield ""
        yield "history"
    for item in statement.history:
        yield from _item_text(item, words)
    for waiting in statement.waiting:
        kind = "redemption" if waiting.order.startswith(REDEMPTION) else "order"
        name = waiting.order.removeprefix(REDEMPTION)
        yield f"  {waiting.type} `{waiting.event}` waits for {kind} `{name}`"


def _balance_text(program: str, balance: Balance, words: Words) -> Iterator[str]:
    pending = f", {balance.pending} pending" if balance.pending else ""
    owed = f", {balance.owed} owed" if balance.owed else ""
    pool = "" if balance.household is None else f"; the household has {balance.household}"
    yield f"{program}: {balance.available} available{pending}{owed}{pool}"
    for lot in balance.lots:
        until = "" if lot.expires_at is None else f", until {words.instant(lot.expires_at)}"
        waits = _waits(lot, words) if lot.waits else ""
        yield f"  {lot.left} of {lot.granted} from {words.instant(lot.opened_at)}{until}{waits}"


def _waits(lot: HeldLot, words: Words) -> str:
    if lot.usable_at is None:
        return ", pending"
    return f", pending until {words.instant(lot.usable_at)}"


def _standing_text(standing: Standing, words: Words) -> Iterator[str]:
    since = "" if standing.since is None else f" since {words.instant(standing.since)}"
    through = f", through {standing.through}" if standing.through else ""
    yield f"{standing.program}: {standing.level}{since}{through}"
    if standing.next:
        yield f"  {' and '.join(standing.missing)} missing to {standing.next}"


def _challenge_text(challenge: OpenChallenge, words: Words) -> str:
    until = "" if challenge.ends_at is None else f", until {words.instant(challenge.ends_at)}"
    return f"{challenge.title or challenge.challenge}: {challenge.text}{until}"


def _code_text(code: OpenCode, words: Words) -> str:
    until = "" if code.ends_at is None else f", until {words.instant(code.ends_at)}"
    return f"code {code.code}, {code.text}{until}: {code.title or code.coupon}"


def _item_text(item: HistoryItem, words: Words) -> Iterator[str]:
    points = ", ".join(f"{_signed(given)} {name}" for name, given in item.points.items())
    order = f", order `{item.order}`" if item.order not in ("", item.event) else ""
    late = ", late" if item.late else ""
    when = words.instant(item.occurred_at)
    yield f"  {item.sequence}. {when}  {item.type} `{item.event}`{order}{late}: {points or 'no points'}"
    for given in item.gave:
        why = f" ({given.reason.replace('_', ' ')})" if given.reason else ""
        rule = f" by {given.rule}" if given.rule else ""  # what time does is no rule's
        yield f"       {_signed(given.points)} {given.program}{rule}{why}"
    for note in item.notes:
        yield f"       {note}"


def _signed(points: Points) -> str:
    return f"{points:+}"


def _as_object(statement: Statement) -> dict[str, object]:
    return {
        "member": statement.member,
        "at": write_instant(statement.at),
        "known": statement.known,
        "balances": {name: _balance_object(one) for name, one in statement.balances.items()},
        "levels": {
            one.program: {
                "level": one.level,
                "since": _instant(one.since),
                "through": one.through or None,
                "next": one.next or None,
                "missing": list(one.missing),
            }
            for one in statement.levels
        },
        "memberships": {
            one.membership: {
                "plan": one.plan,
                "since": _instant(one.since),
                "through": one.through,
                "next": one.next or None,
                "trial": one.is_trial,
                "cancelled": one.cancelled,
                "paid": one.paid.split(" ")[0],
                "saved": one.saved.split(" ")[0],
            }
            for one in statement.memberships
        },
        "challenges": [
            {
                "challenge": one.challenge,
                "counted": one.counted,
                "target": one.target,
                "missing": one.missing,
                "ends_at": _instant(one.ends_at),
            }
            for one in statement.challenges
        ],
        "codes": [_code_object(one) for one in statement.codes],
        "history": [_item_object(item) for item in statement.history],
        "waiting": [
            {"event": one.event, "type": one.type, "order": one.order} for one in statement.waiting
        ],
    }


def _balance_object(balance: Balance) -> dict[str, object]:
    return {
        "available": _number(balance.available),
        "pending": _number(balance.pending),
        "owed": _number(balance.owed),
        **({} if balance.household is None else {"household": _number(balance.household)}),
        "lots": [
            {
                "lot": lot.id,
                "granted": _number(lot.granted),
                "left": _number(lot.left),
                "opened_at": write_instant(lot.opened_at),
                "expires_at": _instant(lot.expires_at),
                "pending": lot.waits,
                "usable_at": _instant(lot.usable_at),
            }
            for lot in balance.lots
        ],
    }


def _code_object(code: OpenCode) -> dict[str, object]:
    return {
        "code": code.code,
        "coupon": code.coupon,
        "title": code.title or None,
        "left": code.left,
        "ends_at": _instant(code.ends_at),
    }


def _item_object(item: HistoryItem) -> dict[str, object]:
    return {
        "sequence": item.sequence,
        "event": item.event,
        "type": item.type,
        "occurred_at": write_instant(item.occurred_at),
        "order": item.order or None,
        "points": _numbers(item.points),
        "gave": [
            {
                "rule": one.rule,
                "program": one.program,
                "points": _number(one.points),
                "reason": one.reason,
            }
            for one in item.gave
        ],
        "late": item.late,
        "notes": list(item.notes),
    }


def _numbers(points: Mapping[str, Points]) -> dict[str, int | str]:
    return {name: _number(given) for name, given in points.items()}


def _number(points: Points) -> int | str:
    """A whole number; text where a program has a scale, as a number with a point may pass through a float."""
    return points if isinstance(points, int) else f"{points:f}"


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else write_instant(instant)
