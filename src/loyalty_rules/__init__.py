"""An exact, explainable loyalty rules engine.

>>> import loyalty_rules as lr
>>> sorted(lr.Registry.builtin().reward_types)[:5]
['bonus', 'coupon', 'discount', 'donation', 'entry']
"""

from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.effects import (
    ClockMoved,
    CounterAdded,
    DeficitChanged,
    Effect,
    Granted,
    GrantKept,
    GrantWithdrawn,
    HistoryRetold,
    InstanceClosed,
    InstanceCounted,
    InstanceOpened,
    InstanceReached,
    InstanceRecounted,
    LevelSet,
    LotDated,
    LotFreed,
    LotOpened,
    LotReduced,
    LotRestored,
    MemberErased,
    OnceClaimed,
    PartnerPaid,
    PayersShifted,
    PointsTaken,
    ProfileSet,
    TimerSet,
)
from loyalty_rules.domain.errors import (
    ConflictingEvent,
    CorruptLedger,
    EventError,
    LedgerError,
    LoyaltyError,
    PluginError,
    Retry,
    RulesError,
)
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.shared import Shared
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import apply
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.ledger.outbox import OutboxItem
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.accounts import Balance, HeldLot, Statement
from loyalty_rules.service.advancing import Advanced
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.explanation import Explanation
from loyalty_rules.service.ledger import Ledger, open_ledger
from loyalty_rules.service.loading import check, load, load_text
from loyalty_rules.service.moving import import_ledger
from loyalty_rules.service.observing import Observed
from loyalty_rules.service.quote import Quote
from loyalty_rules.service.receipt import Receipt
from loyalty_rules.service.rule_set import RuleSet

__all__ = [
    "Advanced",
    "Balance",
    "ClockMoved",
    "ConflictingEvent",
    "CorruptLedger",
    "CounterAdded",
    "Decision",
    "DeficitChanged",
    "Diagnostic",
    "Effect",
    "Event",
    "EventError",
    "Explanation",
    "GrantKept",
    "GrantWithdrawn",
    "Granted",
    "HeldLot",
    "HistoryRetold",
    "InstanceClosed",
    "InstanceCounted",
    "InstanceOpened",
    "InstanceReached",
    "InstanceRecounted",
    "Ledger",
    "LedgerError",
    "LevelSet",
    "LotDated",
    "LotFreed",
    "LotOpened",
    "LotReduced",
    "LotRestored",
    "LoyaltyError",
    "MemberErased",
    "MemberState",
    "Observed",
    "OnceClaimed",
    "OutboxItem",
    "PartnerPaid",
    "PayersShifted",
    "PluginError",
    "PointsTaken",
    "ProfileSet",
    "Purchase",
    "Quote",
    "Receipt",
    "Refusal",
    "Registry",
    "Retry",
    "RuleSet",
    "RulesError",
    "Shared",
    "Span",
    "Statement",
    "TimerSet",
    "apply",
    "check",
    "import_ledger",
    "load",
    "load_text",
    "open_ledger",
    "parse_event",
]
