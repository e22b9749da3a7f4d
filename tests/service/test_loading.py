"""What a load leaves behind: the rule set, and nothing else changed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import cast

import pytest

from loyalty_rules import Registry, RulesError
from loyalty_rules.service.checked import check_text
from loyalty_rules.service.loading import load_text


@pytest.fixture
def collector() -> Iterator[None]:
    yield
    gc.enable()


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_is_put_back_as_it_was(is_on: bool) -> None:
    (gc.enable if is_on else gc.disable)()
    with pytest.raises(RulesError):
        load_text("rulset: club")
    assert gc.isenabled() == is_on
    with pytest.raises(AttributeError):
        check_text(b"ruleset: club", "rules.yaml", cast(Registry, object()))
    assert gc.isenabled() == is_on
