"""A settlement as text for people, as plain data, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from loyalty_rules.domain.funding import OPERATOR
from loyalty_rules.ledger.charges import ACCOUNT, BREAKAGE, MARGIN
from loyalty_rules.reports.rounding import exact_text, minor_text
from loyalty_rules.reports.settlement import Correction, Line, Remaining, Settlement

_SAID: Final = {
    "issued": "points issued",
    "taken_back": "points taken back",
    "spent": "points spent",
    "restored": "points given back to members",
    "expired": "points expired",
    "forfeited": "points of members who were erased",
    "transferred": "points given to other members",
    "received": "points received from other members",
    "pays_deficit": "points that paid what members owed",
    "shifted": "returns paid with other points",
    "redeemed": "points taken in payment",
    "redeemed_cancelled": "payments with points undone",
    "campaign": "campaigns paid for",
    "campaign_given": "given at the till for campaigns",
}
"""The causes of lines, to be read."""

COLUMNS: Final[tuple[str, ...]] = (
    "kind", "book", "party", "program", "cause", "effective", "points", "amount", "exact", "cost",
)  # fmt: skip


def as_text(made: Settlement) -> Iterator[str]:
    """The statement, line by line."""
    state = "closed" if made.is_closed else "not over yet, so it may still grow"
    yield f"settlement of `{made.ledger}`, {made.first} through {made.last}, {made.currency} ({state})"
    if not made.lines:
        yield ""
        yield (
            "nothing was booked in these days; what counts is when something was booked,"
            " not when it happened"
        )
    for partner in made.partners:
        yield ""
        yield partner
        for line in made.of(ACCOUNT, partner):
            yield _row(made, line, line.amount_minor)
        owed = made.balance_minor(partner)
        yield _total("to receive" if owed < 0 else "to pay", minor_text(abs(owed), made.scale))
    yield ""
    yield OPERATOR
    for book, gains in ((MARGIN, made.margin_minor), (BREAKAGE, made.breakage_minor)):
        for line in made.of(book):
            yield _row(made, line, -line.amount_minor, f" ({line.party})")
        yield _total(book, minor_text(gains, made.scale))
    yield _total("more held for points", minor_text(made.fund_minor, made.scale))
    yield from _remaining(made)
    if made.corrections:
        yield ""
        yield "of which for days before"
        for one in made.corrections:
            if one.book == ACCOUNT and one.party != OPERATOR:
                yield f"  {one.effective}  {one.party}" + _row(made, one, None)
    yield ""
    debits, credits = made.debits_minor, made.credits_minor
    is_equal = "=" if debits == credits else "IS NOT"
    yield f"debits {minor_text(debits, made.scale)} {is_equal} credits {minor_text(credits, made.scale)}"


def _remaining(made: Settlement) -> Iterator[str]:
    if made.remaining or made.unpriced:
        yield ""
        yield f"points held by members on {made.last}"
    for one in made.remaining:
        points = _points(made, one.program, one.points)
        paid, cost, margin = (exact_text(x, made.scale) for x in (one.paid, one.cost, one.margin))
        yield (
            f"  {one.party:<14} {points:>14} {one.program}: paid {paid}, liability {cost},"
            f" margin still in it {margin}"
        )
    for program, units in made.unpriced.items():
        yield f"  {'nobody':<14} {_points(made, program, units):>14} {program}: without a price"


def _row(
    made: Settlement, line: Line | Correction, amount_minor: int | None, behind: str = ""
) -> str:
    """One line: what it is, points, money; and what rounding left of it, if it left anything."""
    points = _points(made, line.program, line.points)
    said = _SAID.get(line.cause, line.cause) + behind
    if amount_minor is None:
        return f"  {said:<44}{points:>14} {exact_text(line.exact, made.scale):>14}"
    sign = 1 if line.book == ACCOUNT else -1
    rest = sign * line.exact - amount_minor
    more = f"  (exact {exact_text(sign * line.exact, made.scale)})" if rest else ""
    return f"  {said:<44}{points:>14} {minor_text(amount_minor, made.scale):>14}{more}"


def _total(said: str, amount: str) -> str:
    return f"  {said:<44}{'':>14} {amount:>14}"


def _points(made: Settlement, program: str, units: int) -> str:
    """Points, from units of the scale of their program; nothing of what is no matter of points."""
    if not program:
        return ""
    return f"{Decimal(units).scaleb(-made.scales.get(program, 0)):,f}"


def as_object(made: Settlement) -> dict[str, object]:
    """The statement as plain data: amounts are decimal texts in units of the currency; ``exact`` is not
    rounded."""
    return {
        "ledger": made.ledger,
        "from": made.first.isoformat(),
        "through": made.last.isoformat(),
        "closed": made.is_closed,
        "currency": made.currency,
        "partners": [
            {
                "partner": partner,
                "owes": minor_text(made.balance_minor(partner), made.scale),
                "lines": [_line(made, line) for line in made.of(ACCOUNT, partner)],
            }
            for partner in made.partners
        ],
        "operator": {
            "margin": minor_text(made.margin_minor, made.scale),
            "breakage": minor_text(made.breakage_minor, made.scale),
            "more_held": minor_text(made.fund_minor, made.scale),
            "lines": [_line(made, line) for line in made.lines if line.book != ACCOUNT],
        },
        "remaining": [_held(made, one) for one in made.remaining],
        "without_price": {
            program: _plain_points(made, program, points)
            for program, points in made.unpriced.items()
        },
        "corrections": [_correction(made, one) for one in made.corrections],
        "debits": minor_text(made.debits_minor, made.scale),
        "credits": minor_text(made.credits_minor, made.scale),
    }


def _line(made: Settlement, line: Line) -> dict[str, object]:
    return {
        "book": line.book,
        "party": line.party,
        "program": line.program,
        "cause": line.cause,
        "points": _plain_points(made, line.program, line.points),
        "amount": minor_text(line.amount_minor, made.scale),
        "exact": exact_text(line.exact, made.scale),
    }


def _correction(made: Settlement, one: Correction) -> dict[str, object]:
    return {
        "effective": one.effective.isoformat(),
        "book": one.book,
        "party": one.party,
        "program": one.program,
        "cause": one.cause,
        "points": _plain_points(made, one.program, one.points),
        "exact": exact_text(one.exact, made.scale),
    }


def _held(made: Settlement, one: Remaining) -> dict[str, object]:
    return {
        "party": one.party,
        "program": one.program,
        "points": _plain_points(made, one.program, one.points),
        "paid": exact_text(one.paid, made.scale),
        "liability": exact_text(one.cost, made.scale),
        "margin": exact_text(one.margin, made.scale),
    }


def _plain_points(made: Settlement, program: str, units: int) -> str:
    return _points(made, program, units).replace(",", "")


def as_csv(made: Settlement) -> str:
    """The statement as CSV: one row for each line, each correction and what remains of each payer. Names
    are ids of the rule set, so no cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for line in made.lines:
        writer.writerow({"kind": "line", **_line(made, line)})
    for one in made.corrections:
        writer.writerow({"kind": "correction", **_correction(made, one)})
    for held in made.remaining:
        row = _held(made, held)
        kept = {key: row[key] for key in ("party", "program", "points")}
        writer.writerow(
            {"kind": "remaining", **kept, "exact": row["paid"], "cost": row["liability"]}
        )
    return out.getvalue()
