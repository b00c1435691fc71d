/** What is known of something, a line each: its name, and behind that in a column what it is. */
export function factLines(facts: Iterable<readonly [name: string, value: string]>): string[] {
  return [...facts].map(([name, value]) => `${`${name}:`.padEnd(11)}${value}\n`)
}
