"""The expression language: text to checked tree to Python. Standard library only.

``check(text, scope, expect) -> Checked | tuple[Problem, ...]`` is the only way in;
``to_python(trees, tables, functions) -> tuple[Code, ...]`` makes them run.
"""

from loyalty_rules.expr.check import Checked, check
from loyalty_rules.expr.cost import COST_MAX
from loyalty_rules.expr.generate import Code, python_source, to_python
from loyalty_rules.expr.moulds import Cast, Moulds
from loyalty_rules.expr.parse import CHARACTERS_MAX, DEPTH_MAX
from loyalty_rules.expr.scope import (
    Expect,
    FunctionShape,
    LinearTerm,
    Name,
    Problem,
    Scope,
    TableShape,
)
from loyalty_rules.expr.tree import Tree, walk
from loyalty_rules.expr.unparse import Part, parts, unparse
from loyalty_rules.expr.words import FUNCTIONS, RESERVED

__all__ = [
    "CHARACTERS_MAX",
    "COST_MAX",
    "DEPTH_MAX",
    "FUNCTIONS",
    "RESERVED",
    "Cast",
    "Checked",
    "Code",
    "Expect",
    "FunctionShape",
    "LinearTerm",
    "Moulds",
    "Name",
    "Part",
    "Problem",
    "Scope",
    "TableShape",
    "Tree",
    "check",
    "parts",
    "python_source",
    "to_python",
    "unparse",
    "walk",
]
