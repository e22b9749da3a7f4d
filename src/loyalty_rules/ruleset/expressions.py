"""Expressions of a rule set: checked where they stand, numbered, with their mistakes put in the file."""

from __future__ import annotations

from fractions import Fraction
from typing import Final
from typing import cast as as_type

from loyalty_rules.base.diagnostics import Span
from loyalty_rules.domain.vocabulary import NUMBER, Kind
from loyalty_rules.engine.model import Figure, Formula, Term
from loyalty_rules.expr import (
    Cast,
    Checked,
    Expect,
    LinearTerm,
    Moulds,
    Problem,
    Scope,
    Tree,
    check,
)
from loyalty_rules.expr.tree import Fact, Within
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.nodes import Node, Scalar, Sequence
from loyalty_rules.ruleset.problems import report
from loyalty_rules.ruleset.thousands import warn_of_thousands

UNLIKE_MAX: Final = 60_000
"""Characters of expressions that are checked in full; those that differ in a value only count once."""

_SHORT_MAX: Final = 16
"""Characters of a text that is likely to stand in a file again as it is, such as a rate."""

STAND_IN = Formula(-1, None, NUMBER, "")
"""Takes the place of an expression with a mistake; a rule set that holds one is never used."""


class Expressions:
    """Checks the expressions of one rule set and gives each its slot.

    Equal expressions of equal meaning share a slot; slots are numbered when the model is complete, so
    that the order of the file has no part in them.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._figures: dict[str, Figure] = {}
        self._moulds = Moulds()
        self._unlike = 0
        self._is_told = False
        self._good: dict[tuple[str, Expect, int], tuple[Scope, Checked, Cast | None]] = {}

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure that a ``within`` reads."""
        return tuple(self._figures[key] for key in sorted(self._figures))

    def conditions(self, node: Node, scope: Scope) -> tuple[Formula, ...]:
        """A COND: one expression, or a list of which all must be true."""
        nodes = node.items if isinstance(node, Sequence) else (node,)
        return tuple(self.formula(one, scope, "condition") for one in nodes)

    def formula(self, node: Node, scope: Scope, expect: Expect) -> Formula:
        """One expression that is a condition, a filter, a FINITE or a value."""
        known = self._check(node, scope, expect)
        if known is None:
            return STAND_IN
        checked, cast = known
        tree, kind, text = checked.tree, checked.kind, checked.text
        return Formula(-1, tree, kind, text, node.span, bool(checked.tables), cast)

    def linear(
        self, node: Node, scope: Scope, words: dict[str, Term] | None = None
    ) -> tuple[tuple[Term, ...], Kind]:
        """A LINEAR and the kind of its sum; ``words`` are names that stand for a term of their own."""
        known = self._check(node, scope, "linear")
        if known is None:
            return (), NUMBER
        checked, _ = known
        return tuple(self._term(one, node.span, words or {}) for one in checked.terms), checked.kind

    def linear_text(
        self, text: str, scope: Scope, place: Node | None = None
    ) -> tuple[tuple[Term, ...], Kind]:
        """The LINEAR that is meant where nothing is written. A name in it that nobody has is a slip of a
        plugin's author, put at ``place``, unless the program that it names is wrong itself."""
        checked, _ = self._known(text, scope, "linear")
        if not isinstance(checked, Checked):
            name = text.partition(".")[0]
            if place is not None and name in self._context.declared.keys() - self._context.broken:
                for one in (one for one in checked if one.name == "unknown_name"):
                    self._context.findings.add(one.name, place, one.message, one.help)
            return (), NUMBER
        return tuple(self._term(one, Span(1, 1, 1, 1), {}) for one in checked.terms), checked.kind

    def read_by_plugin(self, name: str, node: Node, scope: Scope) -> str:
        """The fact behind a name that a plugin's function reads; a mistake is put at the give that asks."""
        found = check(name, scope, "value")
        if isinstance(found, Checked):
            self._note_figures(found)
            if isinstance(found.tree, Fact | Within):
                return found.tree.key
            problem = f"the plugin asks for `{name}`, which is not the name of a fact"
            self._context.findings.add("name_not_here", node, problem)
            return ""
        for one in found:
            self._context.findings.add(one.name, node, one.message, one.help)
        return ""

    def _term(self, one: LinearTerm, span: Span, words: dict[str, Term]) -> Term:
        factor = Fraction(one.factor)
        if one.source in ("sum_of", "fact"):
            text = one.text
            if text in words:
                word = words[text]
                return Term(factor * word.factor, word.source, word.program, word.formula)
            formula = Formula(-1, one.tree, as_type(Tree, one.tree).kind, text, span)
            return Term(factor, one.source, formula=formula)
        return Term(factor, one.source, one.program)

    def _check(
        self, node: Node, scope: Scope, expect: Expect
    ) -> tuple[Checked, Cast | None] | None:
        if not isinstance(node, Scalar) or self._context.findings.is_wrong(node):
            return None  # the shape check has reported it
        if self._context.findings.is_full:
            return None  # nothing more is told, and the rule set is refused anyway
        if self._is_too_much(node):
            return None
        found, cast = self._known(node.text, scope, expect)
        if isinstance(found, Checked):
            warn_of_thousands(node, self._context.setting.currency, self._context.findings)
            return found, cast
        report(found, node, self._context)
        return None

    def _is_too_much(self, node: Scalar) -> bool:
        """Whether more was checked already than half a second is enough for; that is told once."""
        if self._unlike <= UNLIKE_MAX:
            return False
        if not self._is_told:
            self._is_told = True
            message = f"more than {UNLIKE_MAX:,} characters of expressions of different makes"
            cure = "say what they have in common once, under `define` or in a table"
            self._context.findings.add("too_many_values", node, message, cure)
        return True

    def _known(
        self, text: str, scope: Scope, expect: Expect
    ) -> tuple[Checked | tuple[Problem, ...], Cast | None]:
        """What `check` says; a good text is checked only once for one scope, as many rates are alike."""
        key = text, expect, id(scope)
        if key in self._good:
            return self._good[key][1:]
        found, cast = self._moulds.check(text, scope, expect)
        self._unlike += len(text) if cast is None else 0
        if isinstance(found, Checked) and (cast is None or len(text) <= _SHORT_MAX):
            self._note_figures(found)
            self._good[key] = scope, found, cast  # the scope too, lest its id is given away again
        return found, cast

    def _note_figures(self, checked: Checked) -> None:
        for spelling, window in checked.figures:
            key = f"within({spelling}, {window})"
            self._figures[key] = Figure(key, self._context.counter_of(spelling), window)
