/** The assertions the tests need; nothing is fetched for them. */
export function equal(actual: unknown, expected: unknown, what = "value"): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: got ${a}, expected ${b}`);
}

export function truthy(value: unknown, what: string): void {
  if (!value) throw new Error(what);
}
