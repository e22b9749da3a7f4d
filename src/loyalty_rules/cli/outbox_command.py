"""``loyalty-rules ledger outbox``: what waits to be handed over beside points."""

from __future__ import annotations

import json

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.options import format_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import say
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.ledger.outbox import OutboxItem, outbox_items
from loyalty_rules.service.opening import find


@click.command("outbox")
@store_option(required=True)
@ledger_option
@click.option("--status", default="new", show_default=True, help="Which of them.")
@format_option
def outbox_command(store: str, ledger: str, status: str, form: str) -> int:
    """List discounts, vouchers, products, perks and donations that wait to be handed over.

    One line for each thing that an entry grants or withdraws; as JSON one object a line, whole in itself.
    Each names its member as he is known by now, and the name under which it was booked where that is another
    one, as accounts were merged since.

    \b
    Example:
      loyalty-rules ledger outbox --store sqlite:///club.db --format json

    Exit: 0 done (also when nothing waits), 2 wrong use.
    """
    with existing_store(store) as opened:
        number, _ = find(opened, ledger)
        with opened.reading() as execute:
            for item in outbox_items(execute, number, status):
                say(_as_json(item) if form == "json" else printable(_as_text(item)))
    return 0


def _as_json(item: OutboxItem) -> str:
    said = {
        "member": item.member,
        "booked_for": item.booked_for,
        "account": item.account,
        "entry": item.entry,
        "number": item.number,
        "action": item.action,
        "kind": item.kind,
        "grant": item.grant,
        "booked_at": write_instant(item.booked_at),
        "status": item.status,
        "payload": item.payload,
    }
    return json.dumps(said, ensure_ascii=False)


def _as_text(item: OutboxItem) -> str:
    at = write_instant(item.booked_at.replace(microsecond=0))
    named = item.payload.get("name") or item.payload.get("sku") or ""
    return f"{at} {_whose(item)}: {item.kind} {named} {item.action} ({item.grant})".replace(
        "  ", " "
    )


def _whose(item: OutboxItem) -> str:
    if item.member is None:
        return "(erased)"
    if item.member == item.booked_for:
        return item.member
    return f"{item.member} (booked for {item.booked_for})"
