const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** A string as Go's %q writes it; histories of images carry commands in this form. */
function goQuote(text: string): string {
  const body = text.replace(/["\\]|[\p{C}\p{Zl}\p{Zp}]|[\p{Zs}]/gu, (char) => {
    if (char === ' ') return char
    return short[char] ?? escapeChar(char.codePointAt(0) ?? 0)
  })
  return `"${body}"`
}

function escapeChar(code: number): string {
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

/** A list as Go's %q writes it: `["a" "b"]`. */
export function goQuoteList(items: readonly string[]): string {
  return `[${items.map(goQuote).join(' ')}]`
}
