import { type EscapeCharacter, isSpace } from './words.ts'

/**
 * Takes the `--flag` words off the start of an instruction's text, quotes and escapes processed. `--` ends them.
 * `unclosed` tells that a quote in a flag has no end.
 */
export function splitFlags(
  text: string,
  escape: EscapeCharacter,
): { readonly flags: string[]; readonly rest: string; readonly unclosed: boolean } {
  const flags: string[] = []
  let position = 0
  for (;;) {
    while (position < text.length && isSpace(text[position])) position++
    if (!text.startsWith('--', position)) return { flags, rest: text.slice(position), unclosed: false }
    const { word, end, unclosed } = readFlagWord(text, position, escape)
    if (unclosed) return { flags: [...flags, word], rest: '', unclosed }
    position = end
    if (word === '--') return { flags, rest: text.slice(position), unclosed }
    flags.push(word)
  }
}

function readFlagWord(
  text: string,
  start: number,
  escape: EscapeCharacter,
): { word: string; end: number; unclosed: boolean } {
  let word = ''
  let quote = ''
  let position = start
  for (; position < text.length; position++) {
    let character = text[position] ?? ''
    if (quote === '' && isSpace(character)) break
    if (character === quote) quote = ''
    else if (quote === '' && (character === "'" || character === '"')) quote = character
    else {
      if (character === escape) character = text[++position] ?? ''
      word += character
    }
  }
  return { word, end: Math.min(position, text.length), unclosed: quote !== '' }
}
