"""The Swift client, by the command that lets it play."""

import asyncio
import re

import pytest

from harness.figures import figure
from harness.node import Node
from test_cluster import Cluster


async def bots(node: Node, *arguments: str) -> str:
    done = await asyncio.to_thread(node.command, "bots", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.limit(150)
async def test_bots_play_on_a_cluster_and_go_to_their_rooms(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    urls = [node.url for node in cluster.nodes]
    said = await bots(cluster.nodes[0], *urls, "--rooms", "3", "--players", "6", "--questions", "2")
    figure("bots", said.replace("\n", "; "))
    assert "18 bots played" in said and "answers acknowledged: 36, too late: 0" in said
    # Two of three are connected elsewhere than their room is.
    assert int(re.search(r"room's node: (\d+)", said)[1]) == 12 and "connections lost: 0; gaps: 0" in said


@pytest.mark.limit(150)
async def test_bots_play_on_while_nodes_are_drained(make_node):
    cluster = Cluster(make_node, 3)
    await cluster.start()
    urls = [node.url for node in cluster.nodes]
    playing = asyncio.create_task(bots(cluster.nodes[0], *urls, "--rooms", "4", "--players", "6", "--questions", "12"))
    await asyncio.sleep(2)
    assert not playing.done(), "the games were over before anything moved"
    await cluster.nodes[2].stop(30)
    said = await playing
    figure("bots, a node of three stopped", said.replace("\n", "; "))
    assert "24 bots played" in said and "gaps: 0" in said
    assert int(re.search(r"answers acknowledged: (\d+)", said)[1]) + int(re.search(r"too late: (\d+)", said)[1]) == 288


async def test_an_address_that_is_none_is_refused_in_a_sentence(node: Node):
    done = await asyncio.to_thread(node.command, "bots", "quiz.example.org")
    assert done.returncode == 1 and "addressUnusable" not in done.stderr and "quiz.example.org" in done.stderr
