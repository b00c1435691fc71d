/**
 * Text of byte strings. Paths are latin1 strings that hold bytes; patterns speak of characters. Bytes that are UTF-8
 * become their characters; a byte that is not becomes the lone surrogate U+DC00 + byte, so that nothing is lost.
 */
export function textOf(bytes: string): string {
  if (isAscii(bytes)) return bytes
  let text = ''
  for (let i = 0; i < bytes.length; ) {
    const rune = runeAt(bytes, i)
    text += String.fromCodePoint(rune.code === invalidRune ? 0xdc00 + bytes.charCodeAt(i) : rune.code)
    i += rune.width
  }
  return text
}

/** The bytes (latin1) of a text: the inverse of {@link textOf}. */
export function bytesOf(text: string): string {
  if (isAscii(text)) return text
  let bytes = ''
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    bytes +=
      code >= 0xdc80 && code <= 0xdcff ? String.fromCharCode(code - 0xdc00) : Buffer.from(char).toString('latin1')
  }
  return bytes
}

/** What {@link runeAt} tells for a byte that begins no UTF-8 sequence. */
export const invalidRune = -1

/** The UTF-8 sequence at `index` of a byte string: its code point and its length; {@link invalidRune} has length 1. */
export function runeAt(bytes: string, index: number): { readonly code: number; readonly width: number } {
  const first = bytes.charCodeAt(index)
  if (first < 0x80) return { code: first, width: 1 }
  const width = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1
  let code = first & (0x7f >> width)
  for (let i = 1; i < width; i++) {
    const next = bytes.charCodeAt(index + i)
    if ((next & 0xc0) !== 0x80) return { code: invalidRune, width: 1 }
    code = (code << 6) | (next & 0x3f)
  }
  return isScalar(code, width) ? { code, width } : { code: invalidRune, width: 1 }
}

function isScalar(code: number, width: number): boolean {
  if (width === 1) return false
  if (width === 3) return code >= 0x800 && (code < 0xd800 || code > 0xdfff)
  return width === 2 || (code >= 0x10000 && code <= 0x10ffff)
}

/** True when a string has only characters below 128, whose bytes and text are the same. */
function isAscii(text: string): boolean {
  return !beyondAscii.test(text)
}

const beyondAscii = /[^\0-\x7f]/
