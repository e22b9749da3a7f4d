"""Values, limits and times of a rule set in words that a shopkeeper reads."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.base.rounding import round_exact
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.vocabulary import Kind
from loyalty_rules.engine.model import Counter, During, Limit, LotAccount
from loyalty_rules.engine.plan import Plan
from loyalty_rules.service.decision import in_points

UNKNOWN: Final = "unknown"
WEEKDAYS: Final = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_PLACES_MAX: Final = 6
_LIST_MAX: Final = 20


def number_text(value: int | Fraction) -> str:
    """A number as a decimal; one that has no short decimal is shown rounded, and says so."""
    scaled = value * 10**_PLACES_MAX
    if scaled.denominator != 1:
        return f"about {_decimal(round_exact(scaled, 'half_even'))}"
    return _decimal(scaled.numerator)


def _decimal(scaled: int) -> str:
    text = f"{Decimal(scaled).scaleb(-_PLACES_MAX):.{_PLACES_MAX}f}"
    return text.rstrip("0").rstrip(".")


class Words:
    """Says values of one rule set: its currency, calendar, zone and programs are known to it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._currency = plan.model.currency

    def value(self, value: Value, kind: Kind) -> str:
        """A value of a kind: money with the currency's decimals, days as dates, levels by their ids."""
        if value is None:
            return UNKNOWN
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str):
            return f'"{value}"'
        if isinstance(value, tuple):
            return self._listed(value)
        if kind.name == "money":
            return self.money(value)
        if kind.name == "day" and isinstance(value, int):
            return self._plan.calendar.write(value)
        if kind.name == "level" and isinstance(value, int) and value < len(kind.choices):
            return kind.choices[value]
        return number_text(value)

    def _listed(self, values: tuple[Value, ...]) -> str:
        shown = ", ".join(f'"{one}"' for one in values[:_LIST_MAX])
        return f"[{shown}{', ...' if len(values) > _LIST_MAX else ''}]"

    def money(self, minor: int | Fraction) -> str:
        """An amount in units of the currency, without its code: 45.00."""
        if minor.denominator != 1:
            return number_text(Fraction(minor) / 10**self._currency.scale)
        return f"{Decimal(minor.numerator).scaleb(-self._currency.scale):f}"

    def amount(self, minor: int | Fraction) -> str:
        """An amount with the code of the currency: 45.00 EUR."""
        return f"{self.money(minor)} {self._currency.code}"

    def counted(self, value: int | Fraction, counter: Counter) -> str:
        """What a counter holds or waits for: money with its currency, else a plain number."""
        if counter.kind.name == "money":
            return self.amount(value)
        return number_text(value)

    def points(self, units: int, program: str) -> str:
        """Points with the digits of their scale, and their program: ``45 beans``, ``1 point of beans``."""
        shown = str(in_points(units, self._scale(program)))
        return f"{shown} {'point of ' if shown in ('1', '-1') else ''}{program}"

    def exact_points(self, points: Fraction, program: str) -> str:
        """Unrounded points, with the digits of the scale if they need no more."""
        scaled = points * 10 ** self._scale(program)
        if scaled.denominator != 1:
            return number_text(points)
        return self.points(scaled.numerator, program).split(" ")[0]

    def _scale(self, program: str) -> int:
        """The digits of a program behind the point; none of a program that earlier rules had."""
        account = self._plan.index.accounts.get(program)
        return 0 if account is None else account.scale

    def instant(self, instant: datetime) -> str:
        """An instant on the wall of the rule set's zone, with its weekday."""
        local = instant.astimezone(self._plan.zone)
        day = self._plan.calendar.write(local.toordinal())
        return f"{WEEKDAYS[local.weekday()]} {day} {local:%H:%M}"

    def limit(self, limit: Limit) -> str:
        """``500 points a month``."""
        cap = self.money(_whole(limit.cap)) if limit.what == "amount" else number_text(limit.cap)
        what = {
            "times": "time" if limit.cap == 1 else "times",
            "points": "point" if limit.cap == 1 else "points",
            "amount": self._currency.code,
            "quantity": "piece" if limit.cap == 1 else "pieces",
        }[limit.what]
        each = f" for each {limit.by.text}" if limit.by is not None else ""
        return f"{cap} {what} {window_text(limit.per)}{each}"

    def room(self, limit: Limit, room: int | Fraction) -> str:
        """What a limit still allows, in its own unit."""
        return self.money(room) if limit.what == "amount" else number_text(room)

    def missing(self, counter: Counter, missing: int | Fraction) -> str:
        """What a level still asks of a figure: ``25 qualifying points``."""
        if counter.kind.name == "money":
            return f"{self.counted(missing, counter)} of {counter.id}"
        account = self._plan.index.accounts.get(counter.program)
        if account is None:
            return f"{number_text(missing)} {'of ' if missing == 1 else ''}{counter.id}"
        one = "point of " if missing == 1 else ""
        return f"{number_text(missing)} {one}{_points_name(account)}"

    def during(self, during: During) -> str:
        """When a rule is open."""
        said = []
        if during.start is not None:
            said.append(f"from {self.instant(during.start)}")
        if during.before is not None:
            said.append(f"before {self.instant(during.before)}")
        if during.weekdays:
            said.append("on " + ", ".join(WEEKDAYS[day] for day in during.weekdays))
        if during.hours is not None:
            start, end = during.hours
            said.append(f"from {_clock(start)} to {_clock(end)}")
        if during.days_of_month:
            days = ", ".join(str(day) for day in during.days_of_month)
            said.append(f"on day {days} of the month")
        if during.birthday is not None:
            said.append(_birthday(during.birthday))
        return ", ".join(said)


def window_text(window: Window) -> str:
    """``a month``, ``in the last 30 days``, ``ever``, ``for each order``."""
    if window.form == "rolling":
        return f"in the last {'' if window.count == 1 else f'{window.count} '}{_unit(window)}"
    if window.form == "ever":
        return "ever"
    return f"a {window.unit}" if window.form == "box" else f"for each {window.form}"


def _unit(stretch: Window | Duration) -> str:
    """``days``, of one ``day``."""
    return stretch.unit.removesuffix("s") if stretch.count == 1 else stretch.unit


def _whole(number: Fraction) -> int | Fraction:
    return number.numerator if number.denominator == 1 else number


def _points_name(account: LotAccount) -> str:
    return account.title or account.id


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _birthday(stretch: str | Duration) -> str:
    if isinstance(stretch, Duration):
        return f"for {stretch.count} {_unit(stretch)} from the birthday"
    return f"in the {stretch} of the birthday" if stretch != "day" else "on the birthday"
