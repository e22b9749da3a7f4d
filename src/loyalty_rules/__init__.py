"""An exact, explainable loyalty rules engine.

>>> import loyalty_rules as lr
>>> sorted(lr.Registry.builtin().reward_types)
['bonus', 'multiplier', 'points']
"""

from loyalty_rules.base.diagnostics import Diagnostic, Span
from loyalty_rules.domain.codec import parse_event
from loyalty_rules.domain.errors import (
    ConflictingEvent,
    EventError,
    LoyaltyError,
    PluginError,
    RulesError,
)
from loyalty_rules.domain.event import Event, Purchase
from loyalty_rules.domain.state import MemberState
from loyalty_rules.engine.apply import apply
from loyalty_rules.engine.plan import Refusal
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.decision import Decision
from loyalty_rules.service.loading import check, load
from loyalty_rules.service.rule_set import RuleSet

__all__ = [
    "ConflictingEvent",
    "Decision",
    "Diagnostic",
    "Event",
    "EventError",
    "LoyaltyError",
    "MemberState",
    "PluginError",
    "Purchase",
    "Refusal",
    "Registry",
    "RuleSet",
    "RulesError",
    "Span",
    "apply",
    "check",
    "load",
    "parse_event",
]
