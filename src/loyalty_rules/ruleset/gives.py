"""A GIVE: each map is lowered by its reward type to awards of the rule model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from loyalty_rules.base.changes import changed
from loyalty_rules.domain.errors import PluginError
from loyalty_rules.domain.vocabulary import MONEY, NUMBER
from loyalty_rules.engine.model import Award, Formula, Term
from loyalty_rules.expr import Name
from loyalty_rules.ruleset.answers import (
    Known,
    awards_fault,
    awards_type_fault,
    opaque_fault,
    opaque_type_fault,
)
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.expressions import Expressions
from loyalty_rules.ruleset.form import NodeForm
from loyalty_rules.ruleset.limits import Limits
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence
from loyalty_rules.ruleset.scopes import Scopes
from loyalty_rules.sdk import Opaque, RewardType
from loyalty_rules.sdk.containment import contained
from loyalty_rules.sdk.registry import BUILT_IN
from loyalty_rules.sdk.types import OpaqueCall

_MONEY_SOURCES = ("amount", "eligible", "order_total")


@dataclass(frozen=True, slots=True)
class Gives:
    """Lowers the gives of one rule set. ``words`` are LINEAR words that only some gives know, ``opened``
    names that only some challenges know."""

    context: Context
    expressions: Expressions
    scopes: Scopes
    limits: Limits
    words: Mapping[str, Term] = field(default_factory=dict)
    opened: tuple[tuple[str, Name], ...] = ()

    @property
    def extra_names(self) -> tuple[tuple[str, Name], ...]:
        """The words, and the fields of what opened an instance, as names of a scope."""
        words = tuple((word, Name(word, MONEY, linear=True)) for word in sorted(self.words))
        return (*self.opened, *words)

    def with_opening(self, kind: str) -> Gives:
        """The same, for what events of a kind open (none: nothing is opened)."""
        known = self.context.kinds.get(kind)
        names = [(f"opened.{one.name}", one.kind) for one in (known.fields if known else ())]
        return replace(self, opened=tuple((name, Name(name, is_a)) for name, is_a in sorted(names)))

    def with_words(self, words: Mapping[str, Term]) -> Gives:
        """The same, with these words."""
        return replace(self, words=words)

    def is_money(self, term: Term) -> bool:
        """Whether the sum over this term counts money (in minor units)."""
        if term.source in _MONEY_SOURCES or term.formula is None:
            return term.source != "quantity"
        return term.formula.kind.name == "money"

    def awards(self, rule: str, node: Node, kinds: tuple[str, ...]) -> tuple[Award, ...]:
        """The awards of a GIVE: one map or a list of maps."""
        nodes = node.items if isinstance(node, Sequence) else (node,)
        found: list[Award] = []
        for one in nodes:
            if isinstance(one, MappingNode):
                found.extend(self._lower(rule, one, kinds))
        return tuple(found)

    def _lower(self, rule: str, node: MappingNode, kinds: tuple[str, ...]) -> tuple[Award, ...]:
        written = next((value for key, value in node.entries if key.text == "type"), None)
        if not isinstance(written, Scalar):
            return ()  # the shape check has reported it
        reward = self.context.registry.reward_types.get(written.text)
        if reward is None:
            return ()
        lowered = self._call(rule, reward, NodeForm(rule, node, self, kinds))
        if isinstance(lowered, Opaque):
            return (self._opaque(lowered, rule, reward, node, kinds),)
        return tuple(changed(award, type=reward.name, span=node.span) for award in lowered)

    def _call(self, rule: str, reward: RewardType, form: NodeForm) -> tuple[Award, ...] | Opaque:
        """What a reward type lowers its map to; whatever is wrong with it is its author's and carries his
        name."""
        plugin = self.context.registry.owner("loyalty_reward_types", reward.name)
        fault = partial(PluginError, plugin, f"lower of `{reward.name}`", rule)
        lowered = contained(lambda: reward.lower(form), fault)
        if plugin != BUILT_IN and (wrong := self._wrong(lowered)) is not None:
            raise fault(wrong)
        return lowered

    def _wrong(self, lowered: tuple[Award, ...] | Opaque) -> str | None:
        """What is wrong with the answer of a plugin. What it says is judged only if the designer made no
        mistake, for else there are stand-ins in it."""
        known = Known(self.points_programs, self.context.kinds, has_words=bool(self.words))
        is_final = not self.context.findings.has_errors
        if isinstance(lowered, Opaque):
            return opaque_type_fault(lowered) or (
                opaque_fault(lowered, known) if is_final else None
            )
        return awards_type_fault(lowered) or (awards_fault(lowered, known) if is_final else None)

    @property
    def points_programs(self) -> tuple[str, ...]:
        """The programs that hold points, by id."""
        declared = self.context.declared
        return tuple(name for name in declared if "balance" in declared[name].words)

    def _opaque(
        self,
        opaque: Opaque,
        rule: str,
        reward: RewardType,
        node: MappingNode,
        kinds: tuple[str, ...],
    ) -> Award:
        """An award whose rate is a plugin's function; what it reads is checked like an expression."""
        plugin = self.context.registry.owner("loyalty_reward_types", reward.name)
        scope = self.scopes.of(kinds)
        keys = tuple(self.expressions.read_by_plugin(name, node, scope) for name in opaque.reads)
        call = OpaqueCall(plugin, reward.name, rule, opaque, keys)
        rate = Formula(-1, call, NUMBER, opaque.text, node.span)
        return Award(
            "opaque", opaque.program, rate, at_most=opaque.at_most, type=reward.name, span=node.span
        )
