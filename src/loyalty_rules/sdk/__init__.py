"""What a plugin may import: types to describe a program or a reward, hooks to hand them over, the registry.

A plugin is a module or object with hook implementations (``sdk/hooks.py``); nothing else of this package
is promised to plugins.
"""

from loyalty_rules.base.period import Calendar, Duration, Window
from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.kinds import EARNING_RANK, SHIPPED_KINDS
from loyalty_rules.domain.vocabulary import (
    BOOLEAN,
    DAY,
    DURATION,
    LIST,
    MONEY,
    NUMBER,
    POINTS,
    TEXT,
    EventKind,
    Field,
    Kind,
)
from loyalty_rules.engine.coupon import Coupon
from loyalty_rules.engine.expiry import After, ByLevel, EndOf, Expiry, Waiting, With
from loyalty_rules.engine.membership import MemberPlan, Membership
from loyalty_rules.engine.model import (
    Award,
    Basis,
    Benefit,
    Challenge,
    Counter,
    Figure,
    Formula,
    Keep,
    LevelStep,
    LevelTable,
    LotAccount,
    Opening,
    Partner,
    Quantity,
    Rule,
    SpendAccount,
    Term,
)
from loyalty_rules.engine.plan import Facts
from loyalty_rules.engine.raffle import Raffle
from loyalty_rules.engine.referral import Referral
from loyalty_rules.engine.transfer import Transfers
from loyalty_rules.sdk.hooks import hookimpl
from loyalty_rules.sdk.types import (
    Declared,
    Form,
    FunctionType,
    Lowered,
    Opaque,
    ProgramType,
    RewardType,
)

__all__ = [
    "BOOLEAN",
    "DAY",
    "DURATION",
    "EARNING_RANK",
    "LIST",
    "MONEY",
    "NUMBER",
    "POINTS",
    "SHIPPED_KINDS",
    "TEXT",
    "After",
    "Award",
    "Basis",
    "Benefit",
    "ByLevel",
    "Calendar",
    "Challenge",
    "Counter",
    "Coupon",
    "Declared",
    "Duration",
    "EndOf",
    "EventKind",
    "Expiry",
    "Facts",
    "Field",
    "Figure",
    "Form",
    "Formula",
    "FunctionType",
    "Keep",
    "Kind",
    "LevelStep",
    "LevelTable",
    "LotAccount",
    "Lowered",
    "MemberPlan",
    "Membership",
    "Opaque",
    "Opening",
    "Partner",
    "ProgramType",
    "Quantity",
    "Raffle",
    "Referral",
    "RewardType",
    "Rule",
    "SpendAccount",
    "Term",
    "Transfers",
    "Value",
    "Waiting",
    "Window",
    "With",
    "hookimpl",
]
