"""``loyalty-rules codes``: a file of codes into a ledger."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

from loyalty_rules import load, open_ledger
from loyalty_rules.domain.codes import code_of
from tests.cli.conftest import Run
from tests.house.laws import ROOT
from tests.ledger.shop import NOW
from tests.ledger.test_coupons import RULES, buys, refusal


def club(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'club.db'}"
    with open_ledger(url, RULES, now=lambda: NOW):
        return url


def test_a_file_of_codes_is_imported_once(run: Run, tmp_path: Path) -> None:
    url, file = club(tmp_path), tmp_path / "codes.txt.gz"
    file.write_bytes(gzip.compress("\ufeffFLY-1\r\n\nFLY-2\nFLY-2\n FLY-é \n".encode()))
    done = run("codes", "flyer", str(file), "--store", url, "--at", "2026-03-01")
    assert (done.exit_code, done.stdout) == (0, "3 codes imported\n")
    again = run("codes", "flyer", str(file), "--store", url)
    assert (again.exit_code, again.stdout) == (0, "0 codes imported, 3 were imported before\n")
    with open_ledger(url, RULES, now=lambda: NOW) as ledger:
        assert refusal(ledger, buys("ana", "9.00", "p-1", "FLY-é")) == ""
        assert ledger.verify().findings == []


def test_what_is_refused_is_told_with_its_code(run: Run, tmp_path: Path) -> None:
    url, file = club(tmp_path), tmp_path / "codes.txt"
    file.write_text("FLY-1\nPOSTER-1\n", "utf-8")
    done = run("codes", "flyer", str(file), "--store", url)
    assert (done.exit_code, done.stdout) == (1, "0 codes imported\n")
    assert "foreign_code: `POSTER-1` does not begin with `FLY-`" in done.stderr
    assert "all 2" in done.stderr
    empty = tmp_path / "empty.txt"
    empty.write_text("", "utf-8")
    assert run("codes", "flyer", str(empty), "--store", url).stdout == "0 codes imported\n"
    broken = tmp_path / "broken.txt"
    broken.write_bytes(b"FLY-\xff\n")
    assert run("codes", "flyer", str(broken), "--store", url).exit_code == 2
    assert run("codes", "flyer", str(tmp_path / "none.txt"), "--store", url).exit_code == 2
    assert run("codes", "flyer", str(file), "--store", url, "--at", "2199-01-01").exit_code == 1


def test_a_coupon_that_is_not_there_is_told_whatever_the_file_holds(
    run: Run, tmp_path: Path
) -> None:
    url, file = club(tmp_path), tmp_path / "codes.txt"
    for content in ("", "FLY-1\n"):
        file.write_text(content, "utf-8")
        done = run("codes", "flier", str(file), "--store", url)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr == "the rule set has no coupon `flier`: did you mean `flyer`?\n"
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with open_ledger(other, load(ROOT / "rules" / "coffee-club")):
        pass
    done = run("codes", "flyer", str(file), "--store", other)
    cure = "it has no program of `type: coupon`"
    assert (done.exit_code, done.stderr) == (1, f"the rule set has no coupon `flyer`: {cure}\n")


def test_a_run_without_a_ledger_knows_codes_and_counts_what_rules_give_beside_points(
    run: Run, tmp_path: Path
) -> None:
    sent = [
        {"id": "c-1", "type": "codes", "member": "shop", "coupon": "flyer", "codes": ["RIVER-1"]},
        *(
            {
                "id": f"p-{number}",
                "type": "purchase",
                "member": member,
                "partner": "sports",
                "currency": "EUR",
                "coupons": ["RIVER-1"],
                "lines": [{"quantity": 1, "amount": "30.00"}],
            }
            for number, member in enumerate(("ana", "ben"))
        ),
    ]
    file = tmp_path / "events.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for day, event in enumerate(sent, 1):
            at = f"2026-03-0{day}T12:00:00Z"
            lines.write(json.dumps({**event, "occurred_at": at}) + "\n")
    rules = str(ROOT / "rules" / "fit-town")
    shown = run("run", rules, str(file), "--as-of", "2026-04-01", "--format", "json")
    told = json.loads(shown.stdout)
    assert told["refused"]["code_used"]["events"] == 1
    assert {name: one["times"] for name, one in told["rules"].items() if one["times"]} == {
        "base": 1,
        "flyer-code": 1,
    }
    said = run("run", rules, str(file), "--as-of", "2026-04-01").stdout
    assert re.search(r"^flyer-code +1 +beside points", said, re.MULTILINE)


def test_an_account_shows_codes_as_text_and_as_data(run: Run, tmp_path: Path) -> None:
    url, code = club(tmp_path), code_of("THX-", "/p-1/give/g2")
    with open_ledger(url, RULES, now=lambda: NOW) as ledger:
        ledger.record(buys("ana", "50.00", "p-1"))
        ledger.record(buys("ana", "9.00", "p-2", code, day="2026-03-11"))
    day = ("--at", "2026-04-08")
    said = run("member", "ana", "--store", url, *day).stdout
    assert f"\ncode {code}, good for 1 order, until Friday 2026-04-10 00:00: thanks\n" in said
    told = json.loads(run("member", "ana", "--store", url, *day, "--format", "json").stdout)
    assert told["codes"] == [
        {
            "code": code,
            "coupon": "thanks",
            "title": None,
            "left": 1,
            "ends_at": "2026-04-09T22:00:00Z",
        }
    ]
    over = run("member", "ana", "--store", url, "--at", "2026-04-10").stdout
    assert "code " not in over
