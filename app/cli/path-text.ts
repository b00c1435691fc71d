import { isUtf8 } from 'node:buffer'
import type { LayerPath } from '../../builder/layers/entry.ts'

export { imagePath as pathMembers } from '../library/path.ts'

/** What a terminal may act on, what changes the direction of text or cannot be seen, and the escape character itself. */
const unshowable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/gu

/**
 * A path of an image as it is shown on a line of its own: absolute, with `\xNN` for bytes that are no text and for control
 * characters, `\u{N}` for other characters that do not show, and `\\` for a backslash. Two paths never look alike.
 */
export function pathText(path: LayerPath): string {
  const bytes = Buffer.from(path, 'latin1')
  if (isUtf8(bytes)) return `/${bytes.toString('utf8').replace(unshowable, escapeCharacter)}`
  return `/${path.replace(/[\u0000-\u001f\u007f-\u00ff\\]/g, escapeByte)}`
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x80) return escapeByte(character)
  return `\\u{${code.toString(16)}}`
}

function escapeByte(byte: string): string {
  return byte === '\\' ? '\\\\' : `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`
}
