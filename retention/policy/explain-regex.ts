/** What other engines have and RE2 has not, by how it is written, and what to write instead. */
const notThere: readonly (readonly [written: RegExp, what: string])[] = [
  [/^\(\?<?[=!]/, 'lookahead and lookbehind: put what must be kept in keep, or write exclude beside include'],
  [/^\\(?:[1-9]|k)/, 'references to groups (\\1): write out what can be there'],
  [/^\(\?>/, 'atomic groups: a plain group (?:...) fits the same'],
  [/^[*+?}]\+/, 'possessive repetition (++): a plain one fits the same'],
  [/^\(\?[#(x]/, 'comments, conditions and (?x)'],
  [/^\\[ZGRKXuh]/, 'this escape'],
]

/**
 * What the engine says of a pattern, with its place, as the end of a sentence. `message` is the engine's own:
 * "error parsing regexp: missing closing ]: `[a`".
 */
export function explained(text: string, message: string): string {
  const [, problem = message, found] = /^error parsing regexp: ([^`]*?)(?:: `([^]*)`)?$/.exec(message) ?? []
  const at = found === undefined ? -1 : text.indexOf(found)
  const where = at < 0 ? '' : ` at character ${at + 1}, ${JSON.stringify(text.slice(at, at + 20))}`
  return `is no regular expression of RE2: ${problem}${where}${advice(text, found ?? '')}`
}

function advice(text: string, found: string): string {
  const known = notThere.find(([written]) => written.test(found))
  if (known !== undefined) return `. RE2 works in linear time and so has no ${known[1]}`
  return /^[*?]/.test(text) || /\*\*/.test(text) ? '. Patterns such as *-rc are for syntax: glob' : ''
}
