import { isObject, type JsonObject, type JsonValue } from '../../shared/base/json.ts'
import { metadataInvalid } from './fail.ts'

/**
 * Canonical JSON, what signatures are over: no white space, members in the order of the UTF-8 bytes of their names, of escapes only
 * `\"` and `\\`, integers alone. METADATA_INVALID for numbers that are no integers of at most 2^53 - 1, and for lone surrogates.
 */
export function canonical(value: JsonValue): Buffer {
  return Buffer.from(canonicalText(value))
}

/** As {@link canonical}, as text. */
export function canonicalText(value: JsonValue): string {
  const text = write(value)
  if (!text.isWellFormed()) throw metadataInvalid('text with half a surrogate pair has no canonical form')
  return text
}

function write(value: JsonValue): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return integer(value)
  if (value === null || typeof value === 'boolean') return `${value}`
  return isObject(value) ? writeObject(value) : `[${value.map(write).join(',')}]`
}

function writeObject(object: JsonObject): string {
  let text = ''
  for (const key of keysInOrder(object)) {
    const value = object[key]
    if (value !== undefined) text += `${text === '' ? '' : ','}${quote(key)}:${write(value)}`
  }
  return `{${text}}`
}

function quote(text: string): string {
  return `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, '\\$&') : text}"`
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw metadataInvalid(`the number ${value} has no canonical form`)
  return String(value)
}

/** Names of members in the order of their UTF-8 bytes. */
function keysInOrder(object: JsonObject): string[] {
  const keys = Object.keys(object).sort()
  return keys.some((key) => aboveSurrogates.test(key)) ? keys.sort(compareUtf8) : keys
}

const aboveSurrogates = /[\ud800-\uffff]/

/** Order of two texts by their UTF-8 bytes, which is that of code points; JavaScript's own is another one beyond U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** Puts surrogates behind all other code units. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
