"""A report as text for people, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.spelling import write_instant
from loyalty_rules.reports.report import ProgramFigures, Reconciled, Report
from loyalty_rules.reports.rounding import minor_text


def as_text(made: Report) -> Iterator[str]:
    """The report, line by line."""
    asked = made.parameters
    yield f"report of `{made.ledger}` as of {write_instant(made.at)}, {made.currency}"
    yield (
        f"assumed: {_percent(asked.expected)} of points are spent, margin {_percent(asked.margin)},"
        f" discount {_percent(asked.discount)} a period, periods of {asked.days} days"
    )
    yield _row("members", str(made.members))
    yield _row("revenue", _money(made, made.revenue_minor))
    for one in made.programs:
        yield ""
        yield from _program(made, one)
    yield ""
    stayed = made.retention
    yield "members who buy"
    yield _row("before, now, of which new", f"{stayed.before}, {stayed.now}, {stayed.new}")
    yield _row("retention", _percent(stayed.rate))
    yield _row("churn", _percent(stayed.churn))
    yield _row("revenue of the period", _money(made, made.spent_minor))
    yield _row("customer lifetime value", _money(made, made.lifetime_minor))
    yield _row("upsell ratio", _number(made.upsell_ratio))
    yield ""
    yield "surveys"
    yield _row("net promoter score", _number(made.promoter_score), f"{made.scores} answers")
    yield _row("loyalty index", _number(made.loyalty_index), f"{made.answers} answers")
    if made.out_of_range:
        yield _row("left out: out of range", str(made.out_of_range))
    if made.rfm:
        yield ""
        yield "recency, frequency, money (fifths, 5 is best): members"
        yield from (_row(cell, str(count)) for cell, count in made.rfm.items())
    yield ""
    yield from _reconciled(made)


def _program(made: Report, one: ProgramFigures) -> Iterator[str]:
    yield one.program
    yield _row("points issued", _number(one.issued))
    yield _row("points spent", _number(one.spent))
    yield _row("points expired", _number(one.expired))
    yield _row("points held", _number(one.held))
    if one.owed:
        yield _row("points owed", _number(one.owed))
    yield _row("redemption rate", _percent(one.redemption_rate))
    yield _row("breakage", _percent(one.breakage))
    if one.value_minor is None:
        yield _row("liability", "unknown", "the program says no `value`")
        return
    yield _row("liability", _money(made, one.liability_minor))
    if one.allocation is not None:
        yield _row("revenue of goods", _money(made, one.allocation.goods))
        yield _row("revenue of points", _money(made, one.allocation.points))
        yield _row("of which recognised", _money(made, one.allocation.recognised))


def _reconciled(made: Report) -> Iterator[str]:
    for one in made.reconciled:
        yield f"reconciled {one.program}: " + ", ".join(
            f"{book} {points:,}" for book, points in one.books.items()
        )
        yield from (f"  DIFFERENCE: {text}" for text in one.differences)
    yield (
        "entries and postings say the same" if made.is_reconciled else "THE LEDGER DOES NOT AGREE"
    )


def _row(said: str, value: str, behind: str = "") -> str:
    return f"  {said:<34}{value:>16}" + (f"  ({behind})" if behind else "")


def _money(made: Report, minor: Fraction | None) -> str:
    return "unknown" if minor is None else f"{Decimal(_minor(made, minor)):,f}"


def _minor(made: Report, minor: Fraction) -> str:
    return minor_text(round_exact(minor, "half_even"), made.scale)


def _percent(part: Fraction | None) -> str:
    return "unknown" if part is None else f"{_number(part * 100)} %"


def _number(number: Fraction | None) -> str:
    """A number with at most four decimals."""
    if number is None:
        return "unknown"
    text = f"{Decimal(round_exact(number * 10_000, 'half_even')).scaleb(-4):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_object(made: Report) -> dict[str, object]:
    """The report as plain data: money as decimal texts in units of the currency, rounded half even; shares
    from 0 to 1 and other numbers as decimal texts with at most four decimals; null for what is unknown."""
    asked, stayed = made.parameters, made.retention
    return {
        "ledger": made.ledger,
        "at": write_instant(made.at),
        "currency": made.currency,
        "parameters": {
            "expected": _plain(asked.expected),
            "margin": _plain(asked.margin),
            "discount": _plain(asked.discount),
            "days": asked.days,
        },
        "members": made.members,
        "revenue": _minor(made, made.revenue_minor),
        "programs": {one.program: _program_object(made, one) for one in made.programs},
        "retention": {
            "before": stayed.before,
            "now": stayed.now,
            "new": stayed.new,
            "rate": _plain(stayed.rate),
            "churn": _plain(stayed.churn),
        },
        "period_revenue": _minor(made, made.spent_minor),
        "lifetime_value": _plain_money(made, made.lifetime_minor),
        "upsell_ratio": _plain(made.upsell_ratio),
        "net_promoter_score": {"score": _plain(made.promoter_score), "answers": made.scores},
        "loyalty_index": {"index": _plain(made.loyalty_index), "answers": made.answers},
        "out_of_range": made.out_of_range,
        "rfm": dict(made.rfm),
        "reconciled": {one.program: _reconciled_object(one) for one in made.reconciled},
        "agrees": made.is_reconciled,
    }


def _program_object(made: Report, one: ProgramFigures) -> dict[str, object]:
    parts = one.allocation
    return {
        "issued": _plain(one.issued),
        "spent": _plain(one.spent),
        "expired": _plain(one.expired),
        "held": _plain(one.held),
        "owed": _plain(one.owed),
        "redemption_rate": _plain(one.redemption_rate),
        "breakage": _plain(one.breakage),
        "liability": _plain_money(made, one.liability_minor),
        "revenue_of_goods": None if parts is None else _minor(made, parts.goods),
        "revenue_of_points": None if parts is None else _minor(made, parts.points),
        "revenue_recognised": None if parts is None else _minor(made, parts.recognised),
    }


def _reconciled_object(one: Reconciled) -> dict[str, object]:
    return {
        "books": dict(one.books),
        "held": one.held,
        "owed": one.owed,
        "differences": list(one.differences),
    }


def _plain(number: Fraction | None) -> str | None:
    return None if number is None else _number(number).replace(",", "")


def _plain_money(made: Report, minor: Fraction | None) -> str | None:
    return None if minor is None else _minor(made, minor)
