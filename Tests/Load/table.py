#!/usr/bin/env python3
"""Prints what cluster/bench measured as tables: medians of the rounds, with the least and the most.

Ratios are made within a round, of servers that ran in it in turns; then their median is taken.

usage: table.py RESULTS
"""

import json
import sys
from collections import defaultdict
from statistics import median

# What is read of a workload: the figure, whether more is better, and its unit.
FIGURES = {
    "B1": ("deliveries_per_cpu_s", True, "deliveries/CPU-s"), "B6": ("deliveries_per_cpu_s", True, "deliveries/CPU-s"),
    "B7": ("deliveries_per_cpu_s", True, "deliveries/CPU-s"), "B8": ("deliveries_per_cpu_s", True, "deliveries/CPU-s"),
    "B2": ("cpu_ms_per_round", False, "CPU ms/round"), "B3": ("cpu_ms_per_round", False, "CPU ms/round"),
    "B4": ("join_cpu_us", False, "CPU µs/join"), "B10": ("requests_per_cpu_s", True, "requests/CPU-s"),
}


class Results:
    """The runs of a file, by case, server and round."""

    def __init__(self, path: str):
        self.runs: dict[str, dict[str, dict[int, dict]]] = defaultdict(lambda: defaultdict(dict))
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                run = json.loads(line)
                case, server, number = run["label"].split()
                self.runs[case][server][int(number)] = run

    def of(self, case: str, server: str) -> dict[int, dict]:
        """The runs by round; empty when there were none."""
        return self.runs.get(case, {}).get(server, {})

    def values(self, case: str, server: str, figure: str) -> list[float]:
        return [run[figure] for run in self.of(case, server).values() if figure in run]

    def ratios(self, case: str, server: str, to_case: str, to_server: str, figure: str, more_is_better: bool) -> list[float]:
        """Above 1: better than the other, in the same round."""
        found = []
        for number, run in self.of(case, server).items():
            other = self.of(to_case, to_server).get(number, {})
            if run.get(figure) and other.get(figure):
                found.append(run[figure] / other[figure] if more_is_better else other[figure] / run[figure])
        return found

    def in_units(self, case: str, server: str, figure: str, factor: float) -> list[float]:
        """A figure in C: the C limit's processor time a delivery at 40×50, in the same round. factor: µs of one."""
        found = []
        for number, run in self.of(case, server).items():
            unit = self.of("B1/40x50/1", "epoll").get(number, {}).get("cpu_us_per_delivery")
            if unit and figure in run:
                found.append(run[figure] * factor / unit)
        return found


def spread(values: list[float], digits: int = 2) -> str:
    """Least, median, most."""
    if not values:
        return "–"
    return " / ".join(f"{value:,.{digits}f}" for value in (min(values), median(values), max(values)))


def middle(values: list[float], digits: int = 0) -> str:
    return f"{median(values):,.{digits}f}" if values else "–"


def show(title: str, head: list[str], rows: list[list[str]]) -> None:
    if not rows:
        return
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}\n")
    for index, row in enumerate([head, *rows]):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if index == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def comparison(results: Results) -> None:
    """Each case of each server beside the C limit and uWebSockets."""
    rows = []
    for case in results.runs:
        workload = case.split("/")[0]
        if workload not in FIGURES:
            continue
        figure, more, unit = FIGURES[workload]
        for server in results.runs[case]:
            if server not in ("epoll", "uws", "node", "bare") or not results.values(case, server, figure):
                continue
            digits = 0 if unit.startswith(("deliveries", "requests")) else 2
            row = [case, server, middle(results.values(case, server, figure), digits), unit]
            row += [spread(results.ratios(case, server, case, other, figure, more)) for other in ("epoll", "uws")]
            rows.append(row)
    show("Ratios to the references, least / median / most of the rounds; above 1 is better than they",
         ["case", "server", "median", "unit", "to epoll", "to uws"], rows)


def targets(results: Results) -> None:
    """The node against what it is to reach."""
    rows: list[list[str]] = []

    def add(what: str, values: list[float], target: str, digits: int = 2) -> None:
        if values:
            rows.append([what, spread(values, digits), target])

    for shape, least in (("40x50/1", "≥ 0.95"), ("200x10/1", "≥ 0.95"), ("1000x2/1", "≥ 0.85"), ("40x50/8", "≥ 0.9"),
                         ("200x10/8", "≥ 0.9"), ("1000x2/8", "≥ 0.9")):
        case = f"B1/{shape}"
        add(f"{case}: of the C limit", results.ratios(case, "node", case, "epoll", "deliveries_per_cpu_s", True), least)
        for server, name in (("epoll", "the C limit"), ("uws", "uWebSockets")):
            add(f"{case}: of {name} at the same pace",
                results.ratios(case, "node", f"{case}/paced", server, "deliveries_per_cpu_s", True), "reported")
        if shape in ("40x50/1", "200x10/1", "1000x2/1"):
            add(f"{case}: of uWebSockets", results.ratios(case, "node", case, "uws", "deliveries_per_cpu_s", True),
                "≥ 0.94" if shape == "1000x2/1" else "≥ 1")
    add("B1′: of B1 at 40×50", results.ratios("B1/change/40x50/1", "node", "B1/40x50/1", "node", "deliveries_per_cpu_s", True),
        "≥ 0.8")
    add("B2: C a round", results.in_units("B2/10x50", "node", "cpu_ms_per_round", 1000), "≤ 320", 0)
    for server, name in (("epoll", "the C limit"), ("uws", "uWebSockets")):
        add(f"B2: of {name} at the same pace", results.ratios("B2/10x50", "node", "B2/10x50/paced", server,
                                                              "cpu_ms_per_round", False), "reported")
    add("B2: PostgreSQL and Redis, ms a round", results.values("B2/10x50", "node", "store_cpu_ms_per_round"), "reported")
    idle = results.of("B2/idle", "node").values()
    add("idle: ms of the node a second", [run["server_cpu_s"] / run["wall_s"] * 1000 for run in idle], "reported", 1)
    add("idle: ms of PostgreSQL and Redis a second", [run["store_cpu_s"] / run["wall_s"] * 1000 for run in idle], "reported", 0)
    add("B3: C a round", results.in_units("B3/20x50", "node", "cpu_ms_per_round", 1000), "≤ 1,720", 0)
    add("B3: PostgreSQL and Redis, ms a round", results.values("B3/20x50", "node", "store_cpu_ms_per_round"), "reported")
    paced, commits = results.of("B3/20x50", "node"), results.of("B3/commit", "disk")
    add("B3: ack p99, of a bare commit's", [
        run["acknowledgement_us"]["p99"] / commits[number]["p99_us"]
        for number, run in paced.items() if number in commits], "≤ 3")
    add("B3: progress shown within, ms, p99.9", [run["progress_us"]["p999"] / 1000 for run in paced.values()], "≤ 50", 0)
    add("B4: C a join", results.in_units("B4/40x50", "node", "join_cpu_us", 1), "≤ 32", 0)
    add("B5: KiB a session", results.values("B5/200x10", "node", "memory_connection_kib"), "≤ 8", 1)
    add("B5: KiB a room of ten", results.values("B5/200x10", "node", "memory_room_kib"), "≤ 60", 1)
    for depth, most in (("1", "≤ 1.15"), ("8", "≤ 1.5")):
        add(f"B6: of the time a delivery on one node, {depth} under way",
            [1 / ratio for ratio in results.ratios(f"B6/40x50/{depth}", "nodes", f"B1/40x50/{depth}", "node",
                                                   "deliveries_per_cpu_s", True)], most)
    few = "B7/10x5"
    for case in results.runs:
        if case.startswith("B7/") and case not in (few, "B7/cycles"):
            add(f"{case}: of the time a delivery in 10 rooms",
                [1 / ratio for ratio in results.ratios(case, "node", few, "node", "deliveries_per_cpu_s", True)], "≤ 1.1")
    cycles = [results.of(f"B7/cycle-{cycle}", "node") for cycle in range(1, 11)]
    add("B7: memory after ten cycles, of that after three", [
        cycles[9][number]["memory_joined_mib"] / run["memory_joined_mib"]
        for number, run in cycles[2].items() if number in cycles[9]], "flat")
    add("B8: of plain at 40×50", results.ratios("B8/tls/40x50/1", "node", "B1/40x50/1", "node", "deliveries_per_cpu_s", True),
        "≥ 0.55")
    add("B8: KiB a TLS session", results.values("B8/tls/200x10", "node", "memory_connection_kib"), "≤ 26", 1)
    add("B8: a deflated round, of a plain one",
        [1 / ratio for ratio in results.ratios("B8/deflate/10x50", "node", "B8/plain/10x50", "node", "cpu_ms_per_round", False)],
        "≤ 1.03")
    taken = results.of("B9/500x4", "node").values()
    add("B9: seconds from the fence to the last room", [run["take_over_s"] for run in taken], "≤ 2")
    add("B9: rooms taken over", [run["rooms"] for run in taken], "500", 0)
    add("B9: ms of the node a room", [run["cpu_ms_per_room"] for run in taken], "reported")
    add("B9: ms of PostgreSQL a room", [run["store_cpu_ms_per_room"] for run in taken], "reported")
    for figure, what, target in (("room_look_up", "room look-up", "≥ 0.8"), ("game_result", "game result", "≥ 0.8")):
        case = f"B10/{figure}"
        add(f"B10: {what}, of a bare handler", results.ratios(case, "node", case, "bare", "requests_per_cpu_s", True), target)
    show("The node against its targets, least / median / most of the rounds", ["what", "measured", "target"], rows)


def conditions(results: Results) -> None:
    """How quiet the machine was and who was busy: what the figures are worth."""
    runs = [run for servers in results.runs.values() for rounds in servers.values() for run in rounds.values()
            if "other_cpu_share" in run]
    if runs:
        print(f"\nother work on the machine: {spread([run['other_cpu_share'] for run in runs])} processors; stolen: "
              f"{spread([run['stolen_share'] for run in runs])}; generator busy: "
              f"{spread([run['generator_cpu_share'] for run in runs])}; C: "
              f"{spread(results.values('B1/40x50/1', 'epoll', 'cpu_us_per_delivery'))} µs")
    void = [f"{case} {server}" for case, servers in results.runs.items() for server, rounds in servers.items()
            if not all(run["ok"] for run in rounds.values())]
    if void:
        print(f"\nVOID: {', '.join(void)}")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip().splitlines()[-1])
    results = Results(sys.argv[1])
    comparison(results)
    targets(results)
    conditions(results)


main()
