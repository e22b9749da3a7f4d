"""What one check carries along: the text, the scope, where it stands, and the mistakes found so far."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from loyalty_rules.expr.parse import Parsed
from loyalty_rules.expr.scope import Expect, Problem, Scope
from loyalty_rules.expr.tokens import Token
from loyalty_rules.expr.tree import Placed, Tree

QUOTED_MAX: Final = 60


@dataclass(slots=True)
class Context:
    """``row``: what a row name may mean here; ``iterating``: inside any_item, amount_of or count_of.

    A part that is wrong is ``None`` everywhere below: it was reported once and says nothing further.
    """

    text: str
    scope: Scope
    expect: Expect
    parsed: Parsed
    visit: Callable[[Context, ast.expr], Tree | None]
    row: Literal["", "item", "tender"] = ""
    iterating: bool = False
    problems: list[Problem] = field(default_factory=list)

    def check(self, node: ast.expr) -> Tree | None:
        """The checked node, or None when something in it is wrong."""
        return self.visit(self, node)

    def token(self, node: ast.expr) -> Token | None:
        """The token of a single name, number or text; None for anything longer."""
        return self.parsed.token(node) if isinstance(node, ast.Name) else None

    def wrong(
        self, name: str, message: str, place: tuple[int, int], help: str | None = None
    ) -> None:
        """Report one mistake."""
        self.problems.append(Problem(name, message, place[0], place[1], help))

    def quote(self, tree: Placed) -> str:
        """The text of a node as it was written, in back-ticks, cut where it is long."""
        return self.quote_place((tree.start, tree.end))

    def quote_place(self, place: tuple[int, int]) -> str:
        """A stretch of the text in back-ticks, cut where it is long."""
        written = " ".join(self.text[place[0] : place[1]].split())
        if len(written) > QUOTED_MAX:
            written = written[: QUOTED_MAX - 3] + "..."
        return f"`{written}`"


def place(tree: Placed) -> tuple[int, int]:
    """Where a node stands in its text."""
    return tree.start, tree.end
