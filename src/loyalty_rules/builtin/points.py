"""``type: points``: a lot account with exact rounding, and its ``earned``, ``base`` and ``spent`` figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from loyalty_rules.builtin.expiry import EXPIRY, PENDING, check_dates, read_expiry, read_pending
from loyalty_rules.sdk import (
    MONEY,
    POINTS,
    Basis,
    Counter,
    Declared,
    Duration,
    Figure,
    Form,
    Kind,
    LotAccount,
    Lowered,
    ProgramType,
    Transfers,
    Window,
    hookimpl,
)

Mode = Literal["floor", "ceil", "half_up", "half_even"]
Scope = Literal["order", "rule", "line"]
Joining = Literal["add", "multiply", "best", "highest_priority"]
Tax = Literal["included", "excluded"]
ClawBack = Literal["recompute", "proportional", "none"]
Negative = Literal["allow", "clamp", "recover_from_refund"]
Expired = Literal["forgive", "take"]
SpendOrder = Literal["first_expiring", "oldest"]
Restore = Literal["original", "new"]
SharedBy = Literal["member", "household"]
PaidBack = Literal["proportional", "points_first", "cash_first"]
Feed = Literal["earned", "base", "spent"]

MODES: Final[tuple[Mode, ...]] = ("floor", "ceil", "half_up", "half_even")
SCOPES: Final[tuple[Scope, ...]] = ("order", "rule", "line")
MULTIPLIERS: Final[tuple[Joining, ...]] = ("add", "multiply", "best", "highest_priority")
TAXES: Final[tuple[Tax, ...]] = ("included", "excluded")
CLAW_BACKS: Final[tuple[ClawBack, ...]] = ("recompute", "proportional", "none")
NEGATIVES: Final[tuple[Negative, ...]] = ("allow", "clamp", "recover_from_refund")
EXPIRED: Final[tuple[Expired, ...]] = ("forgive", "take")
SPEND_ORDERS: Final[tuple[SpendOrder, ...]] = ("first_expiring", "oldest")
RESTORES: Final[tuple[Restore, ...]] = ("original", "new")
PAID_BACK: Final[tuple[PaidBack, ...]] = ("proportional", "points_first", "cash_first")
SHARED_BY: Final[tuple[SharedBy, ...]] = ("member", "household")
FIGURES: Final[tuple[Feed, ...]] = ("earned", "base", "spent")
EXCLUDED: Final = ("shipping", "deposit", "gift_card", "fee", "donation")
KINDS: Final = ("goods", *EXCLUDED, "service")

_ROUNDING: Final = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {"mode": {"enum": list(MODES)}, "at": {"enum": list(SCOPES)}},
}
_MULTIPLIERS: Final = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "mode": {"enum": list(MULTIPLIERS)},
        "at_most": {"type": "number", "minimum": 1, "format": "lr-number"},
    },
}
_BASIS: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["tax"],
    "examples": [{"tax": "included"}],
    "properties": {
        "tax": {"enum": ["included", "excluded"]},
        "exclude": {"type": "array", "items": {"enum": list(KINDS)}},
        "items": {"format": "lr-filter"},
        "tenders": {"format": "lr-filter"},
        "net_of": {"type": "array", "items": {"enum": ["discounts"]}},
    },
}
_RETURNS: Final = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "claw_back": {"enum": list(CLAW_BACKS)},
        "negative": {"enum": list(NEGATIVES)},
        "spent": {"enum": list(PAID_BACK)},
        "expired": {"enum": list(EXPIRED)},
    },
}
_RESTORE: Final = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "expiry": {"enum": list(RESTORES)},
        "grace": {"anyOf": [{"const": "none"}, {"format": "lr-duration"}]},
    },
}
_TRANSFERS: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["limit"],
    "properties": {
        "limit": {"format": "lr-limit"},
        "at_least": {"type": "number", "exclusiveMinimum": 0, "format": "lr-number"},
    },
}
SCHEMA: Final = {
    "type": "object",
    "required": ["basis", "expiry"],
    "additionalProperties": False,
    "properties": {
        "scale": {"type": "integer", "minimum": 0, "maximum": 6},
        "rounding": _ROUNDING,
        "multipliers": _MULTIPLIERS,
        "basis": _BASIS,
        "expiry": EXPIRY,
        "pending": PENDING,
        "spendable": {"type": "boolean"},
        "value": {"type": "number", "minimum": 0, "format": "lr-number"},
        "returns": _RETURNS,
        "restore": _RESTORE,
        "spend_order": {"enum": list(SPEND_ORDERS)},
        "shared_by": {"enum": list(SHARED_BY)},
        "transfers": _TRANSFERS,
    },
}


def declare(form: Form) -> Declared:
    """The words of a points program."""
    figures: dict[str, Kind] = dict.fromkeys(FIGURES, POINTS)
    held = dict.fromkeys(("balance", "pending", "expiring"), POINTS)
    return Declared({**held, "eligible": MONEY, **figures}, figures)


def lower(form: Form) -> Lowered:
    """One lot account and the three counters that its bookings feed."""
    rounding, multipliers = form.form("rounding"), form.form("multipliers")
    returns, restore = form.form("returns"), form.form("restore")
    account = LotAccount(
        form.name,
        _basis(form.form("basis")),
        scale=int(form.number("scale") or 0),
        mode=rounding.choice("mode", MODES) if rounding else MODES[0],
        at=rounding.choice("at", SCOPES) if rounding else SCOPES[0],
        multipliers=multipliers.choice("mode", MULTIPLIERS) if multipliers else MULTIPLIERS[0],
        multiplier_at_most=multipliers.number("at_most") if multipliers else None,
        spendable=form.flag("spendable", True),
        value=form.money("value"),
        title=form.text("title"),
        claw_back=returns.choice("claw_back", CLAW_BACKS) if returns else CLAW_BACKS[0],
        negative=returns.choice("negative", NEGATIVES) if returns else NEGATIVES[0],
        expired=returns.choice("expired", EXPIRED) if returns else EXPIRED[0],
        expiry=read_expiry(form),
        waiting=read_pending(form),
        spend_order=form.choice("spend_order", SPEND_ORDERS),
        restore=restore.choice("expiry", RESTORES) if restore else RESTORES[0],
        grace=_grace(restore),
        paid_back=returns.choice("spent", PAID_BACK) if returns else PAID_BACK[0],
        transfers=_transfers(form),
        is_shared=_is_shared(form),
    )
    check_dates(form, account.expiry, account.waiting)
    if returns is not None and account.negative == "recover_from_refund" and not account.value:
        returns.problem(
            "negative",
            "refund_without_value",
            f"a refund cannot pay for points of `{form.name}`, which have no value",
            "write `value: 0.01` (money for one point), or `negative: allow` or `clamp`",
        )
    if account.value is None and account.spendable and not form.has("value"):
        form.problem(
            "",
            "no_point_value",
            f"`{form.name}` does not say what a point is worth",
            "write `value: 0.01` (money for one point), or `spendable: false` if it is worth nothing",
        )
    counters = tuple(
        Counter(f"{form.name}.{word}", POINTS, fed_by=word, program=form.name) for word in FIGURES
    )
    figures = tuple(Figure(counter.id, counter.id, Window("ever")) for counter in counters)
    return Lowered(accounts=(account,), counters=counters, figures=figures)


def _grace(form: Form | None) -> Duration | None:
    """How long points last that come back after they had ended; None: they have ended."""
    if form is None or not form.has("grace"):
        return Duration(30, "days")
    if form.text("grace") == "none":
        return None
    if form.text("expiry") == "new":
        form.problem(
            "grace",
            "grace_of_new_points",
            "`grace` is for points that had ended, and with `expiry: new` none has",
            "leave `grace` out, or write `expiry: original`",
        )
    return form.duration("grace")


def _transfers(form: Form) -> Transfers | None:
    """How points may be given to other members; None: not at all."""
    inner = form.form("transfers")
    if inner is None:
        return None
    if not form.flag("spendable", True):
        form.problem(
            "transfers",
            "not_spendable",
            f"points of `{form.name}` are not spent, so they are not given away",
            "leave `transfers` out",
        )
    limits = inner.about(("transfer",)).limits("limit", f"{form.name}.transfers")
    if any(one.what not in ("times", "points") or one.by is not None for one in limits):
        inner.problem(
            "limit",
            "limit_of_reward",
            "a transfer has points and nothing else that could be counted",
            "write `{points: 1000, per: month}` or `{times: 2, per: month}`",
        )
    return Transfers(limits, inner.number("at_least"))


def _basis(form: Form | None) -> Basis:
    if form is None:  # the shape check has reported it
        return Basis("included")
    everything = form.text("tenders") == "true"
    return Basis(
        tax=form.choice("tax", TAXES),
        exclude=form.words("exclude", EXCLUDED),
        items=form.items(),
        tenders=None if everything else form.tenders(),
        all_tenders=everything,
        net_of=form.words("net_of", ("discounts",)),
    )


def _is_shared(form: Form) -> bool:
    """Whether the members of a household spend them together."""
    if form.choice("shared_by", SHARED_BY) == "member":
        return False
    if not form.flag("spendable", True):
        form.problem(
            "shared_by",
            "not_spendable",
            f"points of `{form.name}` are not spent, so they are not spent together",
            "leave `shared_by` out",
        )
    return True


@hookimpl
def loyalty_program_types() -> Iterable[ProgramType]:
    """The type ``points``."""
    return [ProgramType("points", "points in dated lots, rounded once", SCHEMA, declare, lower)]
