"""The parts of a model by name, made once for each plan, so that deciding never searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from loyalty_rules.domain.vocabulary import EventKind
from loyalty_rules.engine.model import (
    Challenge,
    Counter,
    Figure,
    Group,
    LevelTable,
    LotAccount,
    Model,
    Reward,
    Rule,
    SpendAccount,
)


@dataclass(frozen=True, slots=True)
class Index:
    """``rules`` holds, by kind of event, its rules in canonical order: higher priority first, then by id.
    ``level_figures`` are the counters that each level table reads, sorted. ``multiplier_groups`` are the
    groups with multipliers that choose among their rules. ``rules_of_time`` fire on no event by
    themselves."""

    kinds: Mapping[str, EventKind]
    rules: Mapping[str, tuple[Rule, ...]]
    accounts: Mapping[str, LotAccount]
    level_tables: Mapping[str, LevelTable]
    level_figures: Mapping[str, tuple[str, ...]]
    spend_accounts: Mapping[str, SpendAccount]
    carried: Mapping[str, SpendAccount]
    challenges: Mapping[str, Challenge]
    rules_of_time: Mapping[str, Rule]
    counters: Mapping[str, Counter]
    figures: Mapping[str, Figure]
    groups: Mapping[str, Group]
    multiplier_groups: frozenset[str]
    rewards: Mapping[str, Reward]


def index_of(model: Model) -> Index:
    """The index of a model."""
    choosing = {group.id for group in model.groups if group.choose != "all"}
    rules = sorted(model.rules, key=lambda rule: (-rule.priority, rule.id))
    events = sorted({event for rule in rules for event in rule.events})
    return Index(
        kinds=MappingProxyType({kind.name: kind for kind in model.kinds}),
        rules=MappingProxyType(
            {event: tuple(rule for rule in rules if event in rule.events) for event in events}
        ),
        accounts=MappingProxyType({account.id: account for account in model.accounts}),
        level_tables=MappingProxyType({table.id: table for table in model.level_tables}),
        level_figures=MappingProxyType({table.id: _figures(table) for table in model.level_tables}),
        spend_accounts=MappingProxyType({spend.id: spend for spend in model.spend_accounts}),
        carried=MappingProxyType({f"{spend.id}.carried": spend for spend in model.spend_accounts}),
        challenges=MappingProxyType({one.id: one for one in model.challenges}),
        rules_of_time=MappingProxyType({rule.id: rule for rule in rules if not rule.events}),
        counters=MappingProxyType({counter.id: counter for counter in model.counters}),
        figures=MappingProxyType({figure.key: figure for figure in model.figures}),
        groups=MappingProxyType({group.id: group for group in model.groups}),
        multiplier_groups=frozenset(
            rule.group or ""
            for rule in rules
            if rule.group in choosing and any(award.role == "multiplier" for award in rule.awards)
        ),
        rewards=MappingProxyType({reward.id: reward for reward in model.rewards}),
    )


def _figures(table: LevelTable) -> tuple[str, ...]:
    named = {name for level in table.levels for choice in level.at for name, _ in choice}
    return tuple(sorted(named))
