const digestOfSecret = /hmac-sha256:[0-9a-f]{64}/g
const longest = 48

/** The text with stars for what is secret in it. */
export function withoutSecrets(text: string): string {
  return text.replace(digestOfSecret, '***')
}

/** A value for a line of text: without secrets, quoted when it has spaces, cut when it is long. */
export function showValue(text: string): string {
  const plain = withoutSecrets(text)
  if (plain === '') return '(empty)'
  const cut = plain.length > longest ? `${plain.slice(0, longest - 3)}...` : plain
  return /[\s"]/.test(cut) ? JSON.stringify(cut) : cut
}

/** `before -> after`; undefined when what may be shown of the two is equal. */
export function showChange(before: string, after: string): string | undefined {
  if (withoutSecrets(before) === withoutSecrets(after)) return undefined
  const [a, b] = aroundDifference(withoutSecrets(before), withoutSecrets(after))
  return `${showValue(a)} -> ${showValue(b)}`
}

/** Of long texts the part where they begin to differ. */
function aroundDifference(before: string, after: string): [string, string] {
  if (Math.max(before.length, after.length) <= longest) return [before, after]
  let at = 0
  while (at < before.length && before[at] === after[at]) at++
  const start = Math.max(0, before.lastIndexOf(' ', Math.max(0, at - 8)) + 1)
  const from = at - start > longest / 2 ? at - 8 : start
  const piece = (text: string): string => (from > 0 ? `...${text.slice(from)}` : text)
  return [piece(before), piece(after)]
}

/** A digest as short as people compare them. */
export function shortDigest(digest: string): string {
  const at = digest.indexOf(':')
  return at < 0 ? digest : digest.slice(0, at + 13)
}

/** Seconds are enough to recognise a moment. */
export function showTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** The text as one line: what would move a cursor or end the line is written as its code. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}
