"""`quizmania check`: what is whole is called whole, and each breach that is planted is found, said and, where it can be, repaired."""

import asyncio
import json

import pytest

from harness.figures import figure
from harness.node import Node
from harness.raw import RawBot
from harness.table import Table


class Inspector:
    """Runs the command on a node's database, and plants what it is to find."""

    def __init__(self, node: Node, prefix: str):
        self.node, self.prefix = node, prefix

    def sql(self, text: str, *values: object) -> list[tuple]:
        with self.node.postgres.connect(self.node.database) as connection:
            found = connection.execute(text.encode(), values or None)
            return found.fetchall() if found.description else []

    def redis(self):
        return self.node.redis.client()

    @property
    def map(self) -> str:
        return f"{self.prefix}:{{nodes}}:shards"

    def run(self, *arguments: str) -> dict:
        done = self.node.command("check", "--json", *arguments)
        assert done.returncode in (0, 1, 2), done
        report = json.loads(done.stdout)
        report["status"] = done.returncode
        return report

    def rules(self, *arguments: str) -> list[str]:
        return sorted({breach["rule"] for breach in self.run(*arguments)["breaches"]})

    def repaired(self, rule: str, *arguments: str) -> None:
        """Shown first, which changes nothing; then done, with its reason kept; then it is whole."""
        planned = self.run("--repair", "--plan", *arguments)
        assert [repair["outcome"] for repair in planned["repairs"]] == ["planned"], planned
        assert rule in self.rules(*arguments)
        count = self.sql("SELECT count(*) FROM repair")[0][0]
        done = self.run("--repair", "--reason", "planted by a test", *arguments)
        assert [repair["outcome"] for repair in done["repairs"]] == ["done"], done
        assert done["repairs"][0]["sentence"] == planned["repairs"][0]["sentence"]
        kept = self.sql("SELECT rule, reason FROM repair ORDER BY ordinal DESC LIMIT 1")
        assert kept == [(rule, "planted by a test")] and self.sql("SELECT count(*) FROM repair")[0][0] == count + 1
        assert rule not in self.rules(*arguments)


async def played(node: Node, games: int = 1) -> tuple[Table, list[str]]:
    """A room and the games that ended in it."""
    bots = [RawBot(node.url, f"P{number}") for number in range(3)]
    await asyncio.gather(*(bot.connect() for bot in bots))
    table = await Table.open(bots, questionCount=2)
    ended = []
    for number in range(games):
        if number:
            await table.host.call("game:rematch")
        ended.append((await table.play())["game"])
    return table, ended


@pytest.mark.limit(300)
async def test_each_planted_breach_is_found_and_what_is_whole_is_not_accused(make_node):
    node = make_node()
    await node.start()
    inspector = Inspector(node, node.environment["QUIZMANIA_CLUSTER_NAME"])
    check = lambda *arguments: asyncio.to_thread(inspector.run, *arguments)
    table, (game, second) = await played(node, games=2)

    # While it is in play.
    report = await check()
    assert (report["status"], report["breaches"], report["unchecked"]) == (0, [], []), report
    assert report["looked"]["rooms"] == 1 and report["looked"]["replayed"] == 2
    figure("check: inputs, ms", f"{report['looked']['inputs']}, {report['tookMs']}")
    (room,) = inspector.sql("SELECT room::text, code, shard FROM room")
    only = ("--room", room[0])
    assert (await check("--room", room[1]))["looked"]["rooms"] == 1
    assert (await check("--since", "1d"))["looked"]["rooms"] == 1
    await table.close()
    await node.stop()

    # The journal and what hangs on it: found, never corrected; the room can be set aside.
    for rule, plant in {
        "journal_chain": "UPDATE room_journal SET payload = payload || '\\x00'::bytea WHERE number = 5",
        "journal_gap": "DELETE FROM room_journal WHERE number = 5",
        "journal_fold": "UPDATE room_journal SET digest = digest + 1 WHERE digest IS NOT NULL AND number < 9",
        "journal_epoch": "UPDATE room_journal SET epoch = epoch + 1 WHERE number = 3",
        "result_differs": "UPDATE game_player SET score = score + 1 WHERE position = 0",
        "result_signature": "UPDATE game_result SET signature = sha512('x')",
        "result_orphan": "UPDATE game_result SET number = number - 1, game = gen_random_uuid() FROM (SELECT 1) AS x "
                         f"WHERE game_result.game = '{second}'",
        "result_twice": "INSERT INTO game_result SELECT gen_random_uuid(), room, title, finished_at_ms, number, chain, "
                        f"result, signature, key_id FROM game_result WHERE game = '{game}'",
        "room_shard": "UPDATE room SET shard = (shard + 1) % 1024",
    }.items():
        with node.postgres.connect() as connection:
            connection.execute(f'CREATE DATABASE "{node.database}_kept" TEMPLATE "{node.database}"'.encode())
        if rule == "result_orphan":
            inspector.sql("ALTER TABLE game_player DROP CONSTRAINT game_player_game_fkey")
        inspector.sql(plant)
        found = await check(*only)
        rules = {breach["rule"] for breach in found["breaches"] if breach["severity"] == "breach"}
        assert rule in rules and found["status"] == 1, (rule, found)
        lines = node.command("check", *only)
        assert lines.returncode == 1 and f"BREACH  {rule}" in lines.stdout and "means:" in lines.stdout, lines
        if rule in ("journal_chain", "journal_gap", "journal_fold"):
            done = await check("--repair", "--reason", "look at it", *only)
            assert [repair["action"] for repair in done["repairs"]][0].keys() == {"quarantine"}, done
            assert inspector.sql("SELECT quarantine IS NOT NULL FROM room") == [(True,)]
        with node.postgres.connect() as connection:
            connection.execute(f'DROP DATABASE "{node.database}" WITH (FORCE)'.encode())
            connection.execute(f'ALTER DATABASE "{node.database}_kept" RENAME TO "{node.database}"'.encode())
    assert (await check(*only))["breaches"] == []

    # What can be repaired.
    repaired = lambda *arguments: asyncio.to_thread(inspector.repaired, *arguments)
    inspector.sql("INSERT INTO room_snapshot SELECT room, number, chain, '\\x01'::bytea FROM room_journal WHERE number = 4")
    await repaired("snapshot", *only)
    inspector.sql("INSERT INTO room_snapshot SELECT room, 100000, chain, '\\x01'::bytea FROM room_journal WHERE number = 4")
    await repaired("snapshot", *only)
    inspector.sql("DELETE FROM room_code")
    await repaired("room_code", *only)
    before = inspector.sql("SELECT result, signature, number FROM game_result WHERE game = %s", second)
    inspector.sql("DELETE FROM game_player WHERE game = %s", second)
    inspector.sql("DELETE FROM game_result WHERE game = %s", second)
    await repaired("result_missing", *only)
    after = inspector.sql("SELECT result, number FROM game_result WHERE game = %s", second)
    assert after == [(before[0][0], before[0][2])]
    inspector.sql("UPDATE room SET quarantine = 'for a while'")
    await repaired("room_quarantined", *only)

    # What belongs to no room.
    inspector.sql("INSERT INTO room_journal SELECT gen_random_uuid(), number, epoch, chain, digest, payload FROM room_journal "
                  "WHERE number = 1")
    inspector.sql("UPDATE game_result SET room = gen_random_uuid() WHERE game = %s", game)
    rules = (await check())["breaches"]
    assert {"journal_orphan", "result_orphan"} <= {breach["rule"] for breach in rules}, rules
    inspector.sql("DELETE FROM room_journal WHERE room <> %s", room[0])
    inspector.sql("UPDATE game_result SET room = %s", room[0])


@pytest.mark.limit(200)
async def test_the_map_the_plan_and_the_settings_are_held_against_what_is_there(make_node, private_redis):
    node = make_node(own_redis=private_redis)
    await node.start()
    inspector = Inspector(node, node.environment["QUIZMANIA_CLUSTER_NAME"])
    check = lambda *arguments: asyncio.to_thread(inspector.run, *arguments)
    repaired = lambda *arguments: asyncio.to_thread(inspector.repaired, *arguments)
    assert (await check())["status"] == 0

    # The owner is stopped, so that nobody else mends the map first.
    node.suspend()
    with inspector.redis() as redis:
        owner = redis.hget(inspector.map, "7").decode().partition("|")[2]
        redis.hset(inspector.map, "7", f"9|{owner}")
        redis.hset(inspector.map, "8", f"0|{owner}")
    rules = {breach["subject"]: breach["rule"] for breach in (await check())["breaches"]}
    assert rules["shard 7"] in ("map_ahead", "shard_owner_gone") and rules["shard 8"], rules
    node.resume()
    # Both terms in the map are wrong: one is of no epoch, the other of one to come.
    found = await check("--repair", "--reason", "planted by a test")
    assert all(repair["outcome"] == "done" for repair in found["repairs"]), found
    with inspector.redis() as redis:
        assert redis.hget(inspector.map, "7").decode() == redis.hget(inspector.map, "9").decode()

    inspector.sql("INSERT INTO shard_plan (shard, target, reason) VALUES (5, gen_random_uuid(), 'asked') "
                  "ON CONFLICT (shard) DO UPDATE SET target = excluded.target")
    node.suspend()
    assert "plan_stranger" in await asyncio.to_thread(inspector.rules)
    await repaired("plan_stranger")
    node.resume()
    inspector.sql("INSERT INTO node_setting (name, draining, reason) VALUES ('nobody', true, 'x')")
    inspector.sql("INSERT INTO shard_pin (shard, node, reason) VALUES (9, 'nobody', 'x')")
    report = await check()
    assert [breach["severity"] for breach in report["breaches"] if breach["rule"] == "setting_stranger"] == \
        ["advice", "advice"], report
    assert report["status"] == 0

    # Settings of the servers.
    with inspector.redis() as redis:
        redis.config_set("maxmemory", "100mb")
        redis.config_set("maxmemory-policy", "allkeys-lru")
    assert "redis_setting" in await asyncio.to_thread(inspector.rules)
    with inspector.redis() as redis:
        redis.config_set("maxmemory-policy", "noeviction")
    name = node.database
    inspector.sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    inspector.sql(f'ALTER DATABASE "{name}" SET idle_session_timeout = 60000')
    report = await check()
    assert {(breach["subject"], breach["severity"]) for breach in report["breaches"] if breach["rule"] == "setting"} >= \
        {("synchronous_commit", "breach"), ("idle_session_timeout", "advice")}, report
    inspector.sql(f'ALTER DATABASE "{name}" RESET ALL')
    node.set(postgres_web_connections="64", postgres_content_connections="64", postgres_chat_connections="64")
    assert "setting" in await asyncio.to_thread(inspector.rules), "max_connections"
    node.set(postgres_web_connections=None, postgres_content_connections=None, postgres_chat_connections=None)

    # What cannot be looked at is not called whole.
    private_redis.kill()
    report = await check()
    assert "redis_reachable" in {breach["rule"] for breach in report["breaches"]} and report["unchecked"], report
    private_redis.start()
    node.set(postgres="host=127.0.0.1 port=1 dbname=none")
    done = node.command("check")
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done
    done = node.command("check", "--repair")
    assert done.returncode != 0 and "--reason" in done.stderr, done


@pytest.mark.limit(120)
async def test_a_folded_game_says_so(make_node):
    node = make_node()
    await node.start()
    inspector = Inspector(node, node.environment["QUIZMANIA_CLUSTER_NAME"])
    table, (game,) = await played(node)
    await table.host.call("room:close")
    await table.close()
    await asyncio.sleep(1)
    # As if it had been long ago. The coordinator folds once a minute.
    inspector.sql("UPDATE room SET closed_at = closed_at - interval '31 days'")
    async with asyncio.timeout(90):
        while inspector.sql("SELECT count(*) FROM room_journal")[0][0]:
            await asyncio.sleep(0.5)
    done = await asyncio.to_thread(node.command, "replay", game)
    assert done.returncode == 0 and "FOLDED" in done.stdout and "The signature is valid." in done.stdout, done
    report = await asyncio.to_thread(inspector.run)
    assert report["breaches"] == [] and report["looked"]["folded"] == 1, report
    inspector.sql("UPDATE game_player SET score = score + 1")
    report = await asyncio.to_thread(inspector.run)
    assert {breach["rule"] for breach in report["breaches"]} == {"result_differs"}, report
