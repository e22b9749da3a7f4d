"""``loyalty-rules draw``: the entries of a raffle, and who wins with a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import click

from loyalty_rules.base.screen import printable
from loyalty_rules.cli.options import allowed, format_option, plugin_option
from loyalty_rules.cli.stores import existing_store, ledger_option, store_option
from loyalty_rules.cli.terminal import CannotError, say
from loyalty_rules.service.keeping import states_of
from loyalty_rules.service.opening import last_rules
from loyalty_rules.service.raffle_entries import Entries, draw_of, entries_among, took_part


@click.command("draw")
@click.argument("raffle")
@store_option(required=True)
@ledger_option
@click.option("--seed", metavar="TEXT", help="Show who wins with this seed (default: the entries).")
@plugin_option
@format_option
def draw_command(
    raffle: str,
    store: str,
    ledger: str,
    seed: str | None,
    plugins: tuple[str, ...],
    form: str,
) -> int:
    """List the entries of a raffle, or show who wins with a seed.

    RAFFLE is the id of a program of `type: raffle`. Nothing is written: a raffle is drawn by an event of
    type `draw`. This is for whoever wants to repeat a draw, or to publish the entries before it. An entry
    stands beside the number of whoever has it. Rules are read as the ledger keeps them.

    \b
    Example:
      loyalty-rules draw summer --store sqlite:///club.db > entries.txt
      loyalty-rules draw summer --store sqlite:///club.db --seed 4711

    Exit: 0 shown, 1 there is no such raffle, or no entry in it, 2 wrong use.
    """
    registry, now = allowed(plugins), datetime.now(UTC)
    with existing_store(store) as opened:
        rules = last_rules(opened, ledger, registry)
        known = rules.plan.index.raffles.get(raffle)
        if known is None:
            raise CannotError(f"the rule set has no raffle `{raffle}`")
        draw = draw_of(opened, ledger, raffle)
        found = entries_among(states_of(opened, ledger, rules, now), raffle, draw)
        as_drawn = (  # somebody may be erased since, or two of them be one
            draw is not None
            and draw.digest == found.digest
            and not took_part(opened, ledger, raffle, len(found.members) + 1)
        )
    if not found.entries:
        had = "nobody has an entry in" if draw is None else "nobody has an entry that was drawn in"
        raise CannotError(f"{had} `{raffle}`")
    won = [] if seed is None else found.drawn_with(known, seed)
    if form == "json":
        say(json.dumps(_as_object(found, seed, won, as_drawn), indent=2, ensure_ascii=False))
    else:
        say("\n".join(printable(line) for line in _as_text(found, seed, won, as_drawn)))
    return 0


def _as_text(
    found: Entries, seed: str | None, won: Sequence[tuple[str, int]], as_drawn: bool
) -> Iterator[str]:
    if seed is None:
        yield from (f"{number} {entry}" for entry, number in found.entries)
        return
    for place, (entry, number) in enumerate(won, 1):
        yield f"{place}. {entry} of {found.members[number - 1]}"
    yield f"{len(found.entries)} entries, {found.digest}"
    if found.draw is not None and found.draw.digest:
        how = f"drawn with the seed {found.draw.seed}"
        if as_drawn:
            yield f"{how} among these"
        else:
            yield f"{how} among {found.draw.entries} entries, {found.draw.digest}"
            yield "members were erased or merged since: who won stands in the ledger"


def _as_object(
    found: Entries, seed: str | None, won: Sequence[tuple[str, int]], as_drawn: bool
) -> dict[str, object]:
    said: dict[str, object] = {
        "drawn": found.is_drawn,
        "draw": None if found.draw is None else found.draw._asdict(),
        "as_drawn": as_drawn,
        "digest": found.digest,
        "entries": [{"entry": entry, "owner": number} for entry, number in found.entries],
    }
    if seed is not None:
        said["seed"] = seed
        said["winners"] = [
            {"entry": entry, "member": found.members[number - 1]} for entry, number in won
        ]
    return said
