"""Results of scenarios as text for people and as plain data for programs."""

from __future__ import annotations

from collections.abc import Iterator

from loyalty_rules.base.report import as_json, render_all, render_text
from loyalty_rules.testing.scenarios.coverage import Coverage
from loyalty_rules.testing.scenarios.read import ReadScenario
from loyalty_rules.testing.scenarios.result import Failure, ScenarioResult

INDENT = "  "


def failures_text(result: ScenarioResult) -> str:
    """Every failure of a scenario: what was expected and got, its place, and the explanation."""
    return "\n\n".join(_failure_text(one, result.scenario.text) for one in result.failures)


def _failure_text(failure: Failure, text: str) -> str:
    said = render_text(failure.diagnostic, text)
    if not failure.explanation:
        return said
    lines = [f"{INDENT}{line}".rstrip() for line in failure.explanation.splitlines()]
    return "\n".join([said, *lines])


def mistakes_text(read: ReadScenario) -> str:
    """What is wrong with a scenario file, or with the rule set that it is about."""
    own = render_all(read.diagnostics, read.text)
    if own or read.rules is None:
        return own.removesuffix("\n")
    return read.rules.errors().report()


def coverage_text(coverage: Coverage) -> Iterator[str]:
    """Which rules of a rule set never fired, each with its place."""
    if not coverage.scenarios:
        yield f"{coverage.file}: no scenario"
        return
    fired = len(coverage.rules) - len(coverage.never)
    yield f"{coverage.file}: {fired} of {some(len(coverage.rules), 'rule')} fired"
    for rule, line in coverage.never:
        yield f"{INDENT}never: {rule}, at {coverage.file}:{line}"


def result_object(read: ReadScenario, result: ScenarioResult | None) -> dict[str, object]:
    """A scenario and what came of it; ``result`` is None where it has mistakes."""
    mistakes = list(read.diagnostics)
    if result is None and not mistakes and read.rules is not None:
        mistakes = [one for one in read.rules.diagnostics if one.is_error]
    status = "mistake" if result is None else "passed" if result.passed else "failed"
    return {
        "file": read.file,
        "title": "" if read.scenario is None else read.scenario.title,
        "rules": [] if read.rules is None else [one.file for one in read.rules.files],
        "status": status,
        "expectations": 0 if result is None else result.checked,
        "failures": [] if result is None else [_failure_object(one) for one in result.failures],
        "diagnostics": [as_json(one) for one in mistakes],
    }


def _failure_object(failure: Failure) -> dict[str, object]:
    return {
        **as_json(failure.diagnostic),
        "expected": failure.expected,
        "got": failure.got,
        "explanation": failure.explanation,
    }


def coverage_object(coverage: Coverage) -> dict[str, object]:
    """The coverage of one rule set."""
    return {
        "rules": coverage.file,
        "scenarios": coverage.scenarios,
        "fired": [name for name in coverage.rules if name not in dict(coverage.never)],
        "never": [{"rule": name, "line": line} for name, line in coverage.never],
    }


def some(count: int, what: str) -> str:
    """``1 rule``, ``2 rules``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
