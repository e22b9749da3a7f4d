"""From a case to its outcome: what is settled becomes effects, then challenges count, then levels are read.
The same for what members do and for what follows or falls due by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from loyalty_rules.domain.effects import Value
from loyalty_rules.domain.event import Purchase
from loyalty_rules.engine.apply import fold
from loyalty_rules.engine.booking import effects, points_of
from loyalty_rules.engine.challenges import meet_challenges
from loyalty_rules.engine.codes import import_codes, use_codes
from loyalty_rules.engine.facts import Case, CaseFacts
from loyalty_rules.engine.feeding import Addition
from loyalty_rules.engine.households import household
from loyalty_rules.engine.level_setting import level_changes
from loyalty_rules.engine.membership_events import act
from loyalty_rules.engine.memory import booked_order
from loyalty_rules.engine.phases import settle
from loyalty_rules.engine.plan import Outcome
from loyalty_rules.engine.raffles import draw
from loyalty_rules.engine.redeeming import NOTHING, Redeemed
from loyalty_rules.engine.redemptions import spent_effects, with_redemption
from loyalty_rules.engine.referrals import referred
from loyalty_rules.engine.tracing import traces
from loyalty_rules.engine.transfers import transfer


def outcome_of(
    case: Case,
    segments: Sequence[CaseFacts],
    added: Sequence[Addition],
    told: Mapping[str, Value] | None = None,
    redeemed: Redeemed = NOTHING,
) -> Outcome:
    """What an event comes to: ``added`` is what it adds to counters, ``told`` the profile fields that it
    brings, ``redeemed`` the rewards that it takes.

    Errors: refused as ``points_out_of_range``; what a plugin's function raises.
    """
    settled = settle(case, segments, redeemed.candidates, redeemed.uses)
    acted, said = act(case)
    won = draw(case)
    told_others, moved = referred(case), transfer(case)
    codes = (*use_codes(case), *import_codes(case), *household(case))
    acted = (*acted, *won.effects, *told_others.effects, *moved.effects, *codes)
    own = (*spent_effects(case, redeemed), *acted)
    changes, after = effects(case, settled, added, dict(told or {}), own)
    met = meet_challenges(case, after, changes)
    levels = level_changes(case.plan, case.state, met.state)
    points = points_of(case, settled.pieces)
    for program, units in (*met.points.items(), *won.points, *moved.points):
        points[program] += units
    outcome = Outcome(
        "decided",
        fold(met.state, levels),
        (*changes, *met.effects, *levels),
        MappingProxyType(points),
        MappingProxyType(case.record),
        (*said, *won.traces, *told_others.traces, *moved.traces, *traces(settled), *met.traces),
        order=booked_order(case, settled, changes) if isinstance(case.event, Purchase) else None,
    )
    return with_redemption(case, redeemed, settled, outcome) if redeemed.units else outcome
