"""Hypothesis plays beside the plain model on each store: it draws every operation, tries what it has found
rarely, and shrinks what parts them.

`make torture OPERATIONS=200000` says how many on each store in the long form; with `pytest -s` they are told.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from loyalty_rules.base.records import replace
from tests.postgres.shared import drop, new_url, shared
from tests.torture.operations import Drawing
from tests.torture.policies import Policy, policy_of, rules_text
from tests.torture.side_by_side import Pair

OPERATIONS = int(os.environ.get("OPERATIONS", "200000"))
MEMBERS = 6
STEPS = 50
HOW = settings(
    stateful_step_count=STEPS,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
RANDOMS = st.randoms(use_true_random=False)
played: Counter[str] = Counter()
"""How many operations there were on each store."""


class Beside(RuleBasedStateMachine):
    """A ledger in a store of its own beside a plain shop; each step is one operation in both."""

    store = "memory"

    def __init__(self) -> None:
        super().__init__()
        self.pair: Pair | None = None
        self.folder = TemporaryDirectory()

    def plain(self, policy: Policy) -> Policy:
        """The policy that the plain shop is told."""
        return policy

    @initialize(random=RANDOMS)
    def begin(self, random: Random) -> None:
        policy = policy_of(random)
        note(rules_text(policy))
        self.url = "memory:"
        if self.store == "sqlite":
            self.url = f"sqlite:///{Path(self.folder.name) / 'shop.db'}"
        elif self.store == "postgres":
            self.url = new_url()
        self.pair = Pair.under(policy, self.plain(policy), self.url)
        self.drawing = Drawing(random, self.pair.shop, MEMBERS)

    @rule(random=RANDOMS)
    def operation(self, random: Random) -> None:
        assert self.pair is not None
        self.drawing.random = random
        drawn = self.drawing.draw()
        note(json.dumps(drawn))
        wrong = self.pair.play(drawn)
        assert not wrong, wrong
        played[self.store] += 1

    def teardown(self) -> None:
        with self.folder:
            if self.pair is None:
                return
            with self.pair.ledger:
                wrong = self.pair.audit()
            if self.store == "postgres":
                drop(self.url)
            assert not wrong, wrong


class BesideSqlite(Beside):
    store = "sqlite"


class BesidePostgres(Beside):
    store = "postgres"


class ToldAnotherPolicy(Beside):
    """The plain shop believes that points have to wait for longer than they do."""

    def plain(self, policy: Policy) -> Policy:
        return replace(policy, waits_days=(policy.waits_days or 0) + 2)


MACHINES = {one.store: one for one in (Beside, BesideSqlite, BesidePostgres)}


@pytest.mark.parametrize("store", MACHINES)
def test_no_step_parts_a_ledger_from_the_plain_model(store: str) -> None:
    if store == "postgres":
        shared()  # where there is none this says so
    before = played[store]
    run_state_machine_as_test(
        MACHINES[store], settings=settings(HOW, max_examples=4, derandomize=True)
    )
    assert played[store] - before > STEPS


@pytest.mark.slow
@pytest.mark.parametrize("store", MACHINES)
def test_no_step_parts_a_ledger_from_the_plain_model_in_the_long_form(store: str) -> None:
    if store == "postgres":
        shared()
    before = played[store]
    while (done := played[store] - before) < OPERATIONS:
        lives = min(100, -(-(OPERATIONS - done) // STEPS))
        run_state_machine_as_test(MACHINES[store], settings=settings(HOW, max_examples=lives))
        print(f"{store}: {played[store] - before} operations by Hypothesis", flush=True)


def test_a_step_that_parts_them_is_found() -> None:
    """The measure can fail."""
    unshrunk = settings(HOW, max_examples=20, derandomize=True, phases=[Phase.generate])
    with pytest.raises(AssertionError, match="plain"):
        run_state_machine_as_test(ToldAnotherPolicy, settings=unshrunk)
