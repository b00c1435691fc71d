/**
 * The first name that an object of a JSON text has twice, or undefined. Which of the two a reader takes is its own affair, so
 * a signed document could mean one thing here and another there. `text` must be JSON.
 */
export function findDuplicateKey(text: string): string | undefined {
  /** Names so far of each object that is open; undefined for an array. */
  const open: (Set<string> | undefined)[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(text, i)
      const names = open.at(-1)
      if (names !== undefined && isName(text, end)) {
        const name: unknown = JSON.parse(text.slice(i, end))
        if (typeof name === 'string' && names.has(name)) return name
        if (typeof name === 'string') names.add(name)
      }
      i = end - 1
    }
  }
  return undefined
}

/** The place after the quotation mark that closes the string. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i + 1
  }
  return text.length
}

/** A string is a name when a colon follows. */
function isName(text: string, end: number): boolean {
  for (let i = end; i < text.length; i++) {
    const character = text[i]
    if (character === ':') return true
    if (character !== ' ' && character !== '\n' && character !== '\r' && character !== '\t') return false
  }
  return false
}
