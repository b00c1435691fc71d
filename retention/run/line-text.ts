/** Lines that are one text: it is some tens of kilobytes then. */
const atOnce = 200

/** Lines of JSON, each with its end. */
export async function* textOf(pages: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
  for await (const page of pages)
    for (let from = 0; from < page.length; from += atOnce) yield textOfLines(page.slice(from, from + atOnce))
}

function textOfLines(lines: readonly unknown[]): string {
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
}
