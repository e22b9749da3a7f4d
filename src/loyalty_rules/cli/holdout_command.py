"""``loyalty-rules holdout``: what members did whom rules leave out, beside what all others did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from fractions import Fraction

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.base.windows import FIRST_DAY
from loyalty_rules.base.zones import local_day
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import CannotError, say
from loyalty_rules.service.holdouts import Comparison, GroupFigures, compared
from loyalty_rules.service.keeping import states_of
from loyalty_rules.service.opening import last_rules
from loyalty_rules.service.rule_set import RuleSet
from loyalty_rules.service.wording import Words, number_text


@click.command("holdout")
@store_option(required=True)
@ledger_option
@click.option("--from", "start", metavar="DAY", help="The first day that counts (default: all).")
@click.option("--through", metavar="DAY", help="The last day that counts (default: today).")
@plugin_option
@format_option
def holdout_command(
    store: str,
    ledger: str,
    start: str | None,
    through: str | None,
    plugins: tuple[str, ...],
    form: str,
) -> int:
    """Compare members whom rules leave out (`holdout`) with all others.

    For each name of a holdout: how many members, how many of them bought, orders, and what a member spent
    on average, within the days that are asked for. Rules are read as the ledger keeps them; nothing is
    written.

    \b
    Example:
      loyalty-rules holdout --store sqlite:///club.db \\
        --from 2026-03-01 --through 2026-05-31

    Exit: 0 shown, 1 no rule leaves anybody out, 2 wrong use.
    """
    registry = allowed(plugins)
    with existing_store(store) as opened:
        rules = last_rules(opened, ledger, registry)
        first = FIRST_DAY if start is None else _day(rules, start, "--from")
        last = local_day(datetime.now(UTC), rules.plan.zone)
        last = last if through is None else _day(rules, through, "--through")
        states = states_of(opened, ledger, rules, datetime.now(UTC))
        found = list(compared(rules.plan.model, states, first, last + 1))
    if not found:
        raise CannotError("no rule leaves anybody out: write `holdout: 10 %` at one")
    words = Words(rules.plan)
    if form == "json":
        say(json.dumps([_as_object(one, words) for one in found], indent=2, ensure_ascii=False))
    else:
        say("\n".join(printable(line) for line in _as_text(found, words)))
    return 0


def _day(rules: RuleSet, text: str, option: str) -> int:
    try:
        return rules.plan.calendar.parse(text)
    except ValueError as problem:
        raise click.BadParameter(printable(str(problem)), param_hint=option) from None


def _as_text(found: Sequence[Comparison], words: Words) -> Iterator[str]:
    for number, one in enumerate(found):
        if number:
            yield ""
        share = number_text(one.share * 100)
        yield f"{one.name}: {share} % are left out of {', '.join(one.rules)}"
        for name, group in (("left out", one.held_out), ("all others", one.others)):
            spent = words.amount(_rounded(group.per_member_minor))
            yield (
                f"  {name}: {group.members} members, {group.buyers} bought,"
                f" {number_text(group.orders)} orders, {spent} a member"
            )


def _rounded(minor: Fraction) -> int:
    return round(minor)


def _as_object(one: Comparison, words: Words) -> dict[str, object]:
    return {
        "name": one.name,
        "share": number_text(one.share),
        "rules": list(one.rules),
        "held_out": _figures(one.held_out, words),
        "others": _figures(one.others, words),
    }


def _figures(group: GroupFigures, words: Words) -> dict[str, object]:
    return {
        "members": group.members,
        "buyers": group.buyers,
        "orders": number_text(group.orders),
        "spend": words.money(group.spend_minor),
        "spend_per_member": words.money(_rounded(group.per_member_minor)),
    }
