"""What tests measured; shown at the end of the run, also when all passed."""

lines: list[str] = []


def figure(what: str, value: object) -> None:
    lines.append(f"{what}: {value}")
    print(lines[-1])


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(len(ordered) * share + 0.999999) - 1))]


def milliseconds(values: list[float]) -> str:
    """p50, p99 and maximum of seconds, as text in milliseconds."""
    if not values:
        return "none"
    shown = [percentile(values, 0.5), percentile(values, 0.99), max(values)]
    return "p50 {:.0f} ms, p99 {:.0f} ms, max {:.0f} ms".format(*(value * 1000 for value in shown))
