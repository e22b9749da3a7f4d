"""The form that program types and reward types read their YAML map through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from loyalty_rules.base.period import Duration, Window
from loyalty_rules.base.suggest import did_you_mean
from loyalty_rules.domain.vocabulary import NUMBER, Kind
from loyalty_rules.engine.membership_standing import is_period
from loyalty_rules.engine.model import Award, Formula, Limit, Term
from loyalty_rules.expr import Scope
from loyalty_rules.expr.kinds import called
from loyalty_rules.expr.tree import Constant
from loyalty_rules.ruleset.events import (
    earning_kinds,
    has_lines,
    read_event_names,
    read_member_kind,
)
from loyalty_rules.ruleset.expressions import STAND_IN
from loyalty_rules.ruleset.forms import read_duration, read_share
from loyalty_rules.ruleset.head import title_of
from loyalty_rules.ruleset.later import refuse
from loyalty_rules.ruleset.nodes import Mapping as MappingNode
from loyalty_rules.ruleset.nodes import Scalar, Sequence
from loyalty_rules.ruleset.points_words import read_level, read_levels, read_moment, read_month_day
from loyalty_rules.ruleset.scopes import Row
from loyalty_rules.sdk import Form
from loyalty_rules.sdk.types import Choice

if TYPE_CHECKING:
    from loyalty_rules.ruleset.gives import Gives


class NodeForm:
    """One YAML map as a `Form`. What the shape check has refused reads as if it were not written."""

    def __init__(
        self,
        name: str,
        node: MappingNode,
        gives: Gives,
        kinds: tuple[str, ...],
        row_scope: bool = True,
    ) -> None:
        self._name = name
        self._node = node
        self._gives = gives
        self._context = gives.context
        self._kinds = kinds
        self._with_amounts = row_scope
        self._values = {key.text: value for key, value in node.entries}

    @property
    def name(self) -> str:
        return self._name

    def has(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str, default: str = "") -> str:
        node = self._scalar(key)
        if node is not None:
            return node.text
        return title_of(self._values.get(key)) or default

    def choice(self, key: str, choices: tuple[Choice, ...]) -> Choice:
        written = self.text(key)
        return next((choice for choice in choices if choice == written), choices[0])

    def flag(self, key: str, default: bool) -> bool:
        node = self._scalar(key)
        return node.value if node is not None and isinstance(node.value, bool) else default

    def number(self, key: str) -> Fraction | None:
        node = self._scalar(key)
        return None if node is None or node.number is None else Fraction(node.number)

    def money(self, key: str) -> Fraction | None:
        number = self.number(key)
        return None if number is None else number * self.minor_units()

    def minor_units(self) -> int:
        return int(10**self._context.setting.currency.scale)

    def share(self, key: str) -> Fraction | None:
        node = self._scalar(key)
        share = None if node is None else read_share(node.text)
        return share if isinstance(share, Fraction) else None

    def words(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        node = self._values.get(key)
        if not isinstance(node, Sequence):
            return default
        return tuple(item.text for item in node.items if isinstance(item, Scalar))

    def window(self, key: str) -> Window | None:
        node = self._scalar(key)
        if node is None:
            return None
        window = self._context.window(node.text)
        if isinstance(window, str):
            self._context.refuse_window(node, node.text, window)
            return None
        if is_period(window.unit):
            message = (
                f"periods of a membership are no window of a program, and `{node.text}` is one"
            )
            help = "write `member_year` or `year`; rules and their limits know the period"
            self._context.findings.add("window_not_here", node, message, help)
            return None
        return window

    def duration(self, key: str) -> Duration | None:
        node = self._scalar(key)
        duration = None if node is None else read_duration(node.text)
        return duration if isinstance(duration, Duration) else None

    def constant(self, number: Fraction) -> Formula:
        if type(number) not in (int, Fraction):
            kind = type(number).__name__
            raise TypeError(
                f"a constant is an `int` or a `Fraction`, which are exact, not a `{kind}`"
            )
        value = number.numerator if number.denominator == 1 else number
        return Formula(-1, Constant(value, NUMBER), NUMBER, str(number), self._node.span)

    def finite(self, key: str) -> Formula:
        return self._formula(key, "") or STAND_IN

    def items(self, key: str = "items") -> Formula | None:
        return self._formula(key, "item")

    def tenders(self, key: str = "tenders") -> Formula | None:
        return self._formula(key, "tender")

    def linear(self, key: str, default: str) -> tuple[Term, ...]:
        expressions, scope = self._gives.expressions, self._scope("")
        node = self._scalar(key)
        if node is None:
            return expressions.linear_text(default, scope, self._node)[0]
        return expressions.linear(node, scope, dict(self._gives.words))[0]

    def per(self, key: str, of: tuple[Term, ...]) -> Fraction:
        number = self.number(key)
        if number is None or number <= 0:
            return Fraction(1)  # the shape check has reported it
        money = any(self._gives.is_money(term) for term in of)
        return number * self.minor_units() if money else number

    def program(self, key: str = "program") -> str:
        node = self._scalar(key)
        types = self._context.program_types
        if node is None:
            return ""
        points = [name for name, kind in types.items() if self._is_account(name)]
        if node.text in points:
            return node.text
        if node.text in self._context.broken:
            return ""
        if node.text in types and types[node.text] != "points":
            message = f"`{node.text}` is a `{types[node.text]}` program and holds no points"
        else:
            message = f"unknown program `{node.text}`"
        help = did_you_mean(node.text, points) if points else "declare one under `programs` first"
        self._context.findings.add("unknown_program", node, message, help)
        return ""

    def challenge(self, key: str) -> str:
        return self._of_type(key, "challenge", "and nothing opens it")

    def membership(self, key: str) -> str:
        return self._of_type(key, "membership", "and nobody is a member of it")

    def raffle(self, key: str) -> str:
        return self._of_type(key, "raffle", "and nothing is drawn in it")

    def coupon(self, key: str) -> str:
        return self._of_type(key, "coupon", "and it has no codes")

    def moment(self, key: str) -> datetime | None:
        return read_moment(self._context, self._scalar(key))

    def _of_type(self, key: str, kind: str, but: str) -> str:
        """The id at a key, which must be that of a program of a type."""
        node = self._scalar(key)
        if node is None or node.text in self._context.broken:
            return ""
        types = self._context.program_types
        having = [name for name, one in types.items() if one == kind]
        if node.text not in having:
            known = node.text in types
            message = (
                f"`{node.text}` is a `{types[node.text]}` program, {but}"
                if known
                else f"unknown {kind} `{node.text}`"
            )
            help = f"declare a `type: {kind}` under `programs` first"
            help = did_you_mean(node.text, having) if having else help
            self._context.findings.add("unknown_program", node, message, help)
        return node.text

    def _is_account(self, name: str) -> bool:
        declared = self._context.declared.get(name)
        return declared is not None and "balance" in declared.words

    def levels(self, key: str = "by") -> tuple[str, ...]:
        return read_levels(self._context, self._scalar(key))

    def level(self, key: str) -> tuple[str, str] | None:
        return read_level(self._context, self._scalar(key))

    def event_kind(self, key: str) -> str:
        node = self._scalar(key)
        return "" if node is None else read_member_kind(node, self._context)

    def event_kinds(self, key: str) -> tuple[str, ...]:
        node = self._values.get(key)
        nodes = node.items if isinstance(node, Sequence) else ()
        found = {read_member_kind(one, self._context) for one in nodes if isinstance(one, Scalar)}
        return tuple(sorted(found - {""}))

    def earning_kinds(self) -> tuple[str, ...]:
        return earning_kinds(self._context)

    def month_day(self, key: str) -> tuple[int, int] | None:
        node = self._scalar(key)
        return None if node is None else read_month_day(self._context, node)

    def figure(self, text: str, key: str) -> tuple[str, Kind] | None:
        figures = self._context.figures
        if text in figures:
            kind = figures[text]
            if kind.name not in ("number", "money", "points"):
                message = f"`{text}` holds no quantity, so nothing can be reached in it"
                help = "name a counter that adds up, or `measure: distinct`"
                self._context.findings.add(
                    "wrong_kind", self._key(key) or self._node, message, help
                )
                return None
            return self._context.counter_of(text), kind
        if text.partition(".")[0] in self._context.broken:
            return None
        written = self._scalar(key)
        is_it = written is not None and written.text == text
        place = written if is_it else self._key(key)
        message = f"unknown figure `{text}`"
        help = did_you_mean(text, figures)
        self._context.findings.add("unknown_figure", place or self._node, message, help)
        return None

    def form(self, key: str) -> Form | None:
        node = self._values.get(key)
        return self._inner(node) if isinstance(node, MappingNode) else None

    def forms(self, key: str) -> tuple[Form, ...]:
        node = self._values.get(key)
        nodes = node.items if isinstance(node, Sequence) else (node,)
        return tuple(self._inner(one) for one in nodes if isinstance(one, MappingNode))

    def written(self) -> tuple[str, ...]:
        return tuple(key.text for key, _ in self._node.entries)

    def about(self, kinds: tuple[str, ...], opened: str = "") -> Form:
        gives = self._gives.with_opening(opened)
        return NodeForm(self._name, self._node, gives, kinds, self._with_amounts)

    def events(self) -> tuple[str, ...]:
        return read_event_names(self._node, self._context)

    def conditions(self, key: str) -> tuple[Formula, ...]:
        node = self._values.get(key)
        if node is None:
            return ()
        return self._gives.expressions.conditions(node, self._scope(""))

    def value(self, key: str, kind: Kind) -> Formula | None:
        node = self._values.get(key)
        if node is None:
            return None
        formula = self._gives.expressions.formula(node, self._scope(""), "value")
        if formula is not STAND_IN and formula.kind != kind:
            message = (
                f"`{formula.text}` is {called(formula.kind)}, and {called(kind)} must stand here"
            )
            self._context.findings.add("wrong_kind", node, message)
        return formula

    def member_conditions(self, key: str) -> tuple[Formula, ...]:
        node = self._values.get(key)
        if node is None:
            return ()
        return self._gives.expressions.conditions(node, self._gives.scopes.of_member())

    def awards(self, key: str, words: Mapping[str, Term]) -> tuple[Award, ...]:
        node = self._values.get(key)
        if node is None:
            return ()
        return self._gives.with_words(words).awards(self._name, node, self._kinds)

    def limits(self, key: str, owner: str) -> tuple[Limit, ...]:
        node = self._values.get(key)
        if node is None:
            return ()
        return self._gives.limits.read(node, f"rule.{owner}", self._kinds)

    def budgets(self, key: str, owner: str) -> tuple[Limit, ...]:
        node = self._values.get(key)
        if node is None:
            return ()
        return self._gives.limits.budgets(node, f"rule.{owner}", self._kinds)

    def problem(self, key: str, name: str, message: str, help: str | None = None) -> None:
        if key not in self._values and self._node.incomplete:
            return  # what it lacks may be what was reported as unreadable
        self._context.findings.add(name, self._values.get(key, self._node), message, help)

    def not_built(self, key: str, help: str) -> None:
        refuse(self._context.findings, self._key(key) or self._node, key, help)

    def _inner(self, node: MappingNode) -> NodeForm:
        return NodeForm(self._name, node, self._gives, self._kinds, self._with_amounts)

    def _key(self, key: str) -> Scalar | None:
        return next((one for one, _ in self._node.entries if one.text == key), None)

    def _scalar(self, key: str) -> Scalar | None:
        node = self._values.get(key)
        return (
            node if isinstance(node, Scalar) and not self._context.findings.is_wrong(node) else None
        )

    def _formula(self, key: str, row: Row) -> Formula | None:
        node, place = self._values.get(key), self._key(key)
        if node is None or place is None:
            return None
        if row and not has_lines(self._kinds, place, self._context):
            return None
        return self._gives.expressions.formula(
            node, self._scope(row), "finite" if row == "" else "filter"
        )

    def _scope(self, row: Row) -> Scope:
        return self._gives.scopes.of(
            self._kinds, row, self._gives.extra_names, without_amounts=not self._with_amounts
        )
