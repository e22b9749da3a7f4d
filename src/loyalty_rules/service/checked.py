"""The text of one rule set, checked: the rule set if it has no mistake, and everything found."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from loyalty_rules.base.diagnostics import Diagnostic
from loyalty_rules.base.report import render_all
from loyalty_rules.planner.build import make_plan
from loyalty_rules.ruleset.read import read_ruleset
from loyalty_rules.sdk.registry import Registry
from loyalty_rules.service.rule_set import RuleSet


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one file came to: the rule set if it has no mistake, and everything found."""

    file: str
    rules: RuleSet | None
    diagnostics: tuple[Diagnostic, ...]
    text: str

    def report(self) -> str:
        """Every finding with its place, as text."""
        return render_all(self.diagnostics, self.text).removesuffix("\n")


def check_text(data: bytes, file: str, registry: Registry | None = None) -> Checked:
    """Check the bytes of one file."""
    registry = Registry.builtin() if registry is None else registry
    with _collected_once():
        model, diagnostics, text = read_ruleset(data, file, registry)
        if model is None:
            return Checked(file, None, diagnostics, text)
        plan = make_plan(model, registry)
    return Checked(file, RuleSet(plan, registry, {file: text}, file), diagnostics, text)


@contextmanager
def _collected_once() -> Iterator[None]:
    """The collector of cyclic garbage waits until a file is read, and then looks at what is left once.

    A load makes hundreds of thousands of small objects, nearly all of which stay, and no garbage in cycles;
    looked through again and again while they grow, they cost as much as everything else that a load does. It
    is put back as it was, whatever happens; what it may miss meanwhile is bounded by the size of one file.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
