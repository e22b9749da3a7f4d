"""The recipes for SQLAlchemy, Django and FastAPI, run as the page shows them, with the real framework."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.postgres.shared import shared
from tests.recipes.page import files, lay_out, order, sales, stands, told

RUN_HERE = {"alchemy_shop.py", "api_shop.py", "settings.py", "loyalty.py", "rules.yaml"}
RUN_HERE |= {"club/models.py", "club/views.py", "club/urls.py"}
RUN_BESIDE = {"worker.py"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


def test_every_file_of_the_page_is_run_by_a_test() -> None:
    assert set(files()) == RUN_HERE | RUN_BESIDE


ALCHEMY = f"""
import json
import alchemy_shop as shop
orders = [{order("b-1")}, {order("b-2", card="declined")}, {order("b-3")}]
said = [shop.sell({order("a-1")}), shop.sell_all(orders)]
try:
    shop.sell({order("b-1", "99.00")})
except Exception as problem:
    said.append(type(problem).__name__)
shop.engine.dispose()
shop.ledger().close()
print(json.dumps(said))
"""


def test_a_shop_on_sqlalchemy(shop: Path) -> None:
    assert told(shop, ALCHEMY) == ["booked", ["b-1", "b-3"], "IntegrityError"]
    assert sales(shop) == ["a-1", "b-1", "b-3"]
    assert stands(shop) == {"beans": 30, "booked": ["a-1", "b-1", "b-3"]}


@pytest.fixture
def database() -> str:
    """A database of its own on a server, with an empty table of sales."""
    with psycopg.connect(shared().url(), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS recipes WITH (FORCE)")
        connection.execute("CREATE DATABASE recipes")
    url = shared().url("recipes")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE sales (id TEXT PRIMARY KEY, amount NUMERIC NOT NULL)")
    return url.replace("postgresql:", "postgresql+psycopg:")


def test_the_same_shop_on_postgresql(shop: Path, database: str) -> None:
    """By its address alone: SQLAlchemy and the ledger take the same one."""
    said = told(shop, ALCHEMY, SHOP_DATABASE=database)
    assert said == ["booked", ["b-1", "b-3"], "IntegrityError"]
    sold = ["a-1", "b-1", "b-3"]
    assert stands(shop, database) == {"beans": 30, "booked": sold}
    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT id FROM sales ORDER BY id").fetchall()
    assert [row[0] for row in rows] == sold
    assert sales(shop) == []


ROLLED_BACK = f"""
import json
import alchemy_shop as shop
from loyalty import ledger, purchase
ledger()
try:
    with shop.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO sales VALUES ('a-1', '1.00')")
        ledger().record(purchase({order("a-1")}), connection=connection)
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
print(json.dumps([ledger().record(purchase({order("a-1", "7.00")})).status]))
shop.engine.dispose()
"""


def test_a_shop_on_sqlalchemy_that_rolls_back_leaves_nothing(shop: Path) -> None:
    assert told(shop, ROLLED_BACK) == ["booked"]  # so the id was free, for other content, too
    assert sales(shop) == []
    assert stands(shop)["beans"] == 7


IN_DJANGO = """
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.core.management import call_command
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("DROP TABLE sales")
with connection.schema_editor() as editor:
    from club.models import Sale
    editor.create_model(Sale)
from django.test import Client
client = Client()
def post(path, body):
    answer = client.post(path, json.dumps(body), content_type="application/json")
    return [answer.status_code, answer.json()]
"""

DJANGO = f"""{IN_DJANGO}
from club.views import mailed
said = [
    post("/sell", {order("a-1", at="2026-03-07T10:15:00+01:00")}),
    post("/sell", {order("a-2", card="declined")}),
    post("/sell-with-a-gift", [{order("b-1")}, {order("b-2", "5.00")}]),
    post("/sell-with-a-gift", [{order("c-1")}, {order("c-2", "5.00", stock="none")}]),
    client.get("/points/m-1").json(),
    mailed,
    sorted(Sale.objects.values_list("id", flat=True)),
]
connection.close()
print(json.dumps(said))
"""


def test_a_shop_on_django(shop: Path) -> None:
    sold = ["a-1", "b-1", "b-2", "c-1"]
    assert told(shop, DJANGO) == [
        [201, {"status": "booked"}],
        [402, {"problem": "declined"}],
        [201, {"sales": 3}],
        [201, {"sales": 4}],
        {"beans": 35},
        ["a-1"],
        sold,
    ]
    assert stands(shop) == {"beans": 35, "booked": sold}


DJANGO_NOW = f"""{IN_DJANGO}
body = {order("a-1")}
del body["at"]
said = post("/sell", body)
connection.close()
print(json.dumps(said))
"""


def test_the_time_of_a_sale_on_django_has_an_offset(shop: Path) -> None:
    assert told(shop, DJANGO_NOW) == [201, {"status": "booked"}]


API = f"""
import json
from fastapi.testclient import TestClient
from api_shop import app, engine
with TestClient(app) as client:
    def post(body):
        answer = client.post("/sales", json=body)
        return [answer.status_code, answer.json()]
    said = [
        post({order("a-1")}),
        post({order("a-2", card="declined")}),
        post({order("a-3", "ten")}),
        post({order("a-2", "2.00", at="2026-03-07T10:15:00")}),
        client.get("/members/m-1").json(),
    ]
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sales WHERE id = 'a-1'")
    said.append(post({order("a-1", "11.00")})[0])
engine.dispose()
print(json.dumps(said))
"""


def test_a_shop_on_fastapi(shop: Path) -> None:
    booked, declined, unread, naive, points, conflict = told(shop, API)
    assert booked == [201, {"status": "booked", "beans": 10}]
    assert declined == [402, {"detail": "declined"}]
    assert (unread[0], unread[1]["detail"]["path"]) == (422, "lines[0].amount")
    assert (naive[0], naive[1]["detail"]["code"]) == (422, "naive_time")
    assert points == {"beans": 10}
    assert conflict == 409
    assert sales(shop) == []
    assert stands(shop) == {"beans": 10, "booked": ["a-1"]}


BUSY = f"""
import json, logging, sqlite3
logging.getLogger("loyalty_rules.ledger").setLevel(logging.ERROR)  # it warns of each attempt
from fastapi.testclient import TestClient
import api_shop, loyalty
from sqlalchemy import create_engine
api_shop.engine = create_engine(loyalty.DATABASE, connect_args={{"timeout": 0.01}})
with TestClient(api_shop.app) as client:
    other = sqlite3.connect(loyalty.DATABASE.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    busy = client.post("/sales", json={order("a-1")})
    other.execute("ROLLBACK")
    other.close()
    free = client.post("/sales", json={order("a-1")})
api_shop.engine.dispose()
print(json.dumps([busy.status_code, free.status_code]))
"""


def test_who_finds_the_shop_busy_is_asked_to_come_again(shop: Path) -> None:
    assert told(shop, BUSY) == [503, 201]
    assert stands(shop)["beans"] == 10


PREFORKED = f"""
import json, logging, os
logging.getLogger("loyalty_rules.ledger").setLevel(logging.ERROR)  # it warns of the one that is refused
from loyalty import ledger, purchase
import loyalty_rules as lr

def child(act):
    number = os.fork()
    if number == 0:
        try:
            act()
        except lr.LedgerError as problem:
            os._exit(7 if "opened in another process" in str(problem) else 8)
        os._exit(0)
    return number

def ended(numbers):
    return [os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) for number in numbers]

orders = {[order(f"a-{number}") for number in range(4)]}
said = [ended([child(lambda: ledger().record(purchase(one))) for one in orders])]
ledger()
said.append(ended([child(lambda: ledger().record(purchase({order("b-1")})))]))
print(json.dumps(said))
"""


def test_a_ledger_is_opened_in_each_forked_child_and_refuses_where_it_was_opened_before(
    shop: Path,
) -> None:
    assert told(shop, PREFORKED) == [[0, 0, 0, 0], [7]]
    assert stands(shop)["beans"] == 40
