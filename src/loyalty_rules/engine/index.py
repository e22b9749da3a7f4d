"""The parts of a model by name, made once for each plan, so that deciding never searches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from loyalty_rules.domain.event import Event
from loyalty_rules.domain.referrals import FRIEND_ORDER, REFERRAL, is_of_referrer
from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.engine.caps import Limit
from loyalty_rules.engine.coupon import Coupon
from loyalty_rules.engine.membership import WORDS, Membership
from loyalty_rules.engine.model import (
    Challenge,
    Counter,
    Every,
    Figure,
    Group,
    LevelTable,
    LotAccount,
    Model,
    Partner,
    Reward,
    Rule,
    SpendAccount,
)
from loyalty_rules.engine.raffle import Raffle
from loyalty_rules.engine.referral import Referral


@dataclass(frozen=True, slots=True)
class Index:
    """``rules`` holds, by kind of event (of the clock, by turn), its rules in canonical order: higher
    priority first, then by id. ``level_figures`` are the counters that each level table reads, sorted.
    ``multiplier_groups`` are the groups with multipliers that choose among their rules, ``everys`` the turns
    of the clock at which any rule fires or any reward is taken. ``rules_of_time`` fire on no event and at no
    turn by themselves. ``sources`` are those that belong to a partner, ``funding`` says who pays for what a
    rule gives. After events of the kinds ``fixing`` some of what was granted is not taken back.
    ``order_rules`` are those of purchases and of friends' orders, ``order_limits`` the limits and budgets
    that an order may meet and whose uses outlive it. ``has_budgets``: some caps are shared
    between members, or codes are, so that events which ask for them are decided one after another. ``asked``
    are the keys of all facts that a rule may ask of every member."""

    kinds: Mapping[str, EventKind]
    rules: Mapping[str, tuple[Rule, ...]]
    order_rules: tuple[Rule, ...]
    order_limits: tuple[Limit, ...]
    accounts: Mapping[str, LotAccount]
    scales: Mapping[str, int]
    level_tables: Mapping[str, LevelTable]
    level_figures: Mapping[str, tuple[str, ...]]
    spend_accounts: Mapping[str, SpendAccount]
    carried: Mapping[str, SpendAccount]
    challenges: Mapping[str, Challenge]
    rules_of_time: Mapping[str, Rule]
    memberships: Mapping[str, Membership]
    raffles: Mapping[str, Raffle]
    referrals: Mapping[str, Referral]
    coupons: Mapping[str, Coupon]
    counters: Mapping[str, Counter]
    figures: Mapping[str, Figure]
    groups: Mapping[str, Group]
    multiplier_groups: frozenset[str]
    rewards: Mapping[str, Reward]
    partners: Mapping[str, Partner]
    sources: Mapping[str, str]
    funding: Mapping[str, tuple[tuple[str, Fraction], ...]]
    everys: tuple[Every, ...]
    fixing: frozenset[str]
    has_budgets: bool
    asked: tuple[str, ...]


def index_of(model: Model) -> Index:
    """The index of a model."""
    choosing = {group.id for group in model.groups if group.choose != "all"}
    rules = sorted(model.rules, key=lambda rule: (-rule.priority, rule.id))
    asked = sorted({key for rule in rules for key in keys_of(rule)})
    order_rules = tuple(rule for rule in rules if any(map(_is_of_order, rule.events)))
    return Index(
        kinds=MappingProxyType({kind.name: kind for kind in model.kinds}),
        rules=MappingProxyType(
            {key: tuple(rule for rule in rules if key in keys_of(rule)) for key in asked}
        ),
        order_rules=order_rules,
        order_limits=tuple(_limits(model, order_rules)),
        accounts=MappingProxyType({account.id: account for account in model.accounts}),
        scales=MappingProxyType({account.id: account.scale for account in model.accounts}),
        level_tables=MappingProxyType({table.id: table for table in model.level_tables}),
        level_figures=MappingProxyType({table.id: _figures(table) for table in model.level_tables}),
        spend_accounts=MappingProxyType({spend.id: spend for spend in model.spend_accounts}),
        carried=MappingProxyType({f"{spend.id}.carried": spend for spend in model.spend_accounts}),
        challenges=MappingProxyType({one.id: one for one in model.challenges}),
        rules_of_time=MappingProxyType({rule.id: rule for rule in rules if not rule.events}),
        memberships=MappingProxyType({one.id: one for one in model.memberships}),
        raffles=MappingProxyType({one.id: one for one in model.raffles}),
        referrals=MappingProxyType({one.id: one for one in model.referrals}),
        coupons=MappingProxyType({one.id: one for one in model.coupons}),
        counters=MappingProxyType({counter.id: counter for counter in model.counters}),
        figures=MappingProxyType({figure.key: figure for figure in model.figures}),
        groups=MappingProxyType({group.id: group for group in model.groups}),
        multiplier_groups=frozenset(
            rule.group or ""
            for rule in rules
            if rule.group in choosing and any(award.role == "multiplier" for award in rule.awards)
        ),
        rewards=MappingProxyType({reward.id: reward for reward in model.rewards}),
        partners=MappingProxyType({partner.id: partner for partner in model.partners}),
        sources=MappingProxyType(
            {source: partner.id for partner in model.partners for source in partner.sources}
        ),
        funding=MappingProxyType({rule.id: rule.funded_by for rule in rules if rule.funded_by}),
        everys=tuple(sorted(_everys(model))),
        fixing=frozenset(_fixing(model)),
        has_budgets=bool(model.coupons)
        or any(one.budgets for one in (*rules, *(one.rule for one in model.rewards)))
        or any(group.budgets for group in model.groups),
        asked=tuple(_asked(model)),
    )


def _limits(model: Model, rules: Sequence[Rule]) -> Iterator[Limit]:
    in_use = {rule.group for rule in rules}
    groups = sorted((one for one in model.groups if one.id in in_use), key=lambda one: one.id)
    for caps in (*(rule.caps for rule in rules), *(group.caps for group in groups)):
        yield from (limit for limit in caps if limit.lasts)


def _asked(model: Model) -> Iterator[str]:
    """What a formula reads of the member, and what is read of him without one."""
    yield from (f"{spend.id}.carried" for spend in model.spend_accounts)
    yield from (f"{membership.id}.active" for membership in model.memberships)
    words = ["order.number", *(figure.key for figure in model.figures)]
    for account in model.accounts:
        words += (f"{account.id}.{word}" for word in ("balance", "pending", "expiring"))
    for spend in model.spend_accounts:
        words += (f"{spend.id}.{word}" for word in ("spent", "missing"))
    for membership in model.memberships:
        words += (f"{membership.id}.{word}" for word in WORDS if word != "active")
    yield from (word for word in words if word in model.words_read)
    yield from model.level_words


def _everys(model: Model) -> set[Every]:
    taken = {one.automatic.every for one in model.rewards if one.automatic is not None}
    return taken | {rule.every for rule in model.rules if rule.every is not None}


def _fixing(model: Model) -> Iterator[str]:
    for rule in (*model.rules, *(one.rule for one in model.rewards)):
        for award in rule.awards:
            if award.benefit is not None and award.benefit.fixed_after:
                yield award.benefit.fixed_after


def _is_of_order(event: str) -> bool:
    return event == "purchase" or event.startswith(f"{FRIEND_ORDER}.")


def keys_of(rule: Rule) -> tuple[str, ...]:
    """The names under which `Index.rules` holds a rule: kinds of events, or a turn of the clock."""
    return rule.events if rule.every is None else (f"clock.{rule.every}",)


def key_of(event: Event) -> str:
    """The name under which `Index.rules` holds the rules that an event asks."""
    if event.type == "clock" and "every" in event.fields:
        return f"clock.{event.fields['every']}.{event.fields['at']}"
    if event.type == FRIEND_ORDER:
        return f"{FRIEND_ORDER}.{event.fields['program']}.{event.fields['level']}"
    if event.type == REFERRAL and not is_of_referrer(event):
        return f"{REFERRAL}.friend"  # no rule fires: it is told of the one who brought him
    return event.type


def _figures(table: LevelTable) -> tuple[str, ...]:
    named = {name for level in table.levels for choice in level.at for name, _ in choice}
    return tuple(sorted(named))
