/** Characters of a name at most. */
const longest = 128
/** Controls, what is not seen or turns the direction of a text, line and paragraph separators, and what is no character. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/u

/**
 * What is wrong with the name of an account or a group, as the end of a sentence; undefined when nothing is. There is one name for
 * what looks the same: in Unicode form NFC, without blanks at its ends. Case makes a difference.
 */
export function problemOfAccountName(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.length > longest) return `has more than ${longest} characters`
  if (unseen.test(name)) return 'has a character that cannot be seen'
  // HTTP ends the name at the first colon (RFC 7617, section 2), and so does the file.
  if (name.includes(':')) return 'has a colon'
  if (name.startsWith('#')) return 'begins with #, as comments do'
  if (name !== name.trim()) return 'begins or ends with a blank'
  return name === name.normalize('NFC') ? undefined : 'is not in the Unicode form NFC'
}
