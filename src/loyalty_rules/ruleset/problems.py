"""Mistakes in an expression, put in the file and told in the light of the whole rule set."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from loyalty_rules.expr.scope import Problem
from loyalty_rules.ruleset.context import Context
from loyalty_rules.ruleset.nodes import Scalar

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_OF_KINDS: Final = ("wrong_kind", "not_finite", "not_a_choice")
"""Mistakes about the kind of a value, which a wrong declaration brings about."""


def report(problems: Iterable[Problem], node: Scalar, context: Context) -> None:
    """Report the mistakes of the expression at ``node``.

    A name whose own declaration is broken was reported there.
    """
    for problem in problems:
        written = node.text[problem.start : problem.end]
        place = node.span_at(problem.start, problem.end)
        head = written.partition(".")[0].partition("(")[0]
        if problem.name == "unknown_name" and context.broken & {head, written}:
            continue
        if problem.name in _OF_KINDS and context.broken & set(_NAME.findall(node.text)):
            continue
        if problem.name == "not_built_yet":
            help = problem.help or "leave it out for now"
            context.findings.add(problem.name, place, problem.message, help)
        else:
            context.findings.add(problem.name, place, problem.message, problem.help)
