"""A connection pooler in transaction mode: what may go through it plays a whole game, what may not is refused at start."""

import psycopg
import pytest

from harness.figures import figure
from harness.pooler import Pooler
from harness.table import Table
from test_game import check_result, gathered


@pytest.fixture
def pooler(postgres):
    pooler = Pooler(postgres)
    yield pooler
    pooler.close()


@pytest.mark.limit(120)
async def test_a_node_whose_pools_go_through_a_pooler_plays_a_whole_game(make_node, pooler):
    node = make_node()
    node.set(postgres_pooler=pooler.conninfo(node.database))
    await node.start()
    bots = await gathered(node, 6)
    table = await Table.open(bots)
    await bots[1].call("chat:send", id="line-1", text="through the pooler")
    over = await table.play()
    check_result(over, bots)
    table.record().check()
    history = await bots[0].call("chat:history", limit=10)
    assert [line["text"] for line in history["messages"]] == ["through the pooler"]
    count = pooler.transactions(node.database)
    figure("transactions through the pooler", count)
    # Rooms, accounts, questions, chat and the result's look-up at least; on two connections that everybody shares.
    assert count >= 10
    assert node.command("replay", over["game"]).returncode == 0
    await table.close()
    # Sessions of the pooler's own are used, and nothing of one request is left for the next.
    await node.stop()
    assert not node.problems(), "\n".join(node.problems())


@pytest.mark.limit(60)
async def test_what_must_reach_the_server_itself_says_so_behind_a_pooler(make_node, pooler):
    node = make_node()
    node.set(postgres=pooler.conninfo(node.database))
    for command in (("serve",), ("migrate",), ("nodes",), ("check",)):
        done = node.command(*command)
        assert done.returncode == (2 if command == ("check",) else 1), done
        assert done.stdout == "" and "`postgres.pooler`" in done.stderr, done
    # Nothing it would have set for itself stays with the pooler's sessions, where others would find it.
    with psycopg.connect(pooler.conninfo(node.database), autocommit=True) as connection:
        assert connection.execute(b"SHOW enable_seqscan").fetchone() == ("on",)
