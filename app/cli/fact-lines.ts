/** What is known of something, a line each: its name, and behind that in a column what it is. */
export function factLines(facts: Iterable<readonly [name: string, value: string]>): string[] {
  return [...facts].map(([name, value]) => factLine(name, value))
}

/** One such line, where the column begins behind so many places. Without a name it goes on with the fact before it. */
export function factLine(name: string, value: string, column = 11): string {
  return `${(name === '' ? '' : `${name}:`).padEnd(column)}${value}\n`
}
