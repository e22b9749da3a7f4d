"""Effects by the names that a scenario has for them: ``lot_opened`` and what it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, get_args, get_type_hints

from loyalty_rules.domain.effects import Effect
from loyalty_rules.engine.plan import Plan
from loyalty_rules.service.decision import in_points
from loyalty_rules.testing.scenarios.model import Scalar

_MINOR: Final = "_minor"
"""How a field of money ends that counts minor units; a scenario counts units of the currency."""


def _spelled(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _fields(kind: type) -> dict[str, bool]:
    hints: dict[str, Any] = get_type_hints(kind)
    return {
        name.removesuffix(_MINOR): datetime in (hint, *get_args(hint))
        for name, hint in hints.items()
    }


EFFECTS: Final[Mapping[str, Mapping[str, bool]]] = {
    _spelled(kind.__name__): _fields(kind) for kind in get_args(Effect)
}
"""By name: what an effect of that name holds, and whether that is an instant."""

_POINTS: Final = frozenset({"points", "unrecovered", "refunded"})


def is_like(effect: Effect, wanted: Mapping[str, Scalar], plan: Plan) -> bool:
    """Whether an effect is of the type that is wanted and holds everything that is said of it."""
    if _spelled(type(effect).__name__) != wanted["type"]:
        return False
    return all(
        _same(_value(effect, key, plan), value) for key, value in wanted.items() if key != "type"
    )


def shown(effect: Effect, plan: Plan) -> str:
    """An effect on one line, with all that is one value and not empty."""
    name = _spelled(type(effect).__name__)
    said = [f"type: {name}"]
    for key in EFFECTS[name]:
        value = _value(effect, key, plan)
        if value not in (None, "") and not isinstance(value, tuple):
            said.append(f"{key}: {value}")
    return "{" + ", ".join(said) + "}"


def _value(effect: Effect, key: str, plan: Plan) -> object:
    """What an effect holds: points in points, money in units of the currency."""
    if not hasattr(effect, key):
        minor: int | None = getattr(effect, key + _MINOR)
        return None if minor is None else Decimal(minor).scaleb(-plan.model.currency.scale)
    value: object = getattr(effect, key)
    account = plan.index.accounts.get(getattr(effect, "program", ""))
    if key in _POINTS and isinstance(value, int) and account is not None:
        return in_points(value, account.scale)
    return value


def _same(value: object, wanted: Scalar) -> bool:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, int | Decimal | Fraction) and isinstance(wanted, int | Decimal):
        return Fraction(value) == Fraction(wanted)
    if isinstance(value, datetime) or isinstance(wanted, datetime):
        return value == wanted
    return _text(value) == str(wanted)


def _text(value: object) -> str:
    return "none" if value is None else str(value)
