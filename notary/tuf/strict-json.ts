import type { JsonValue } from '../../shared/base/json.ts'
import { compareUtf8 } from './canonical.ts'
import { metadataInvalid, shown } from './fail.ts'

export interface StrictLimits {
  /** Names the document in messages, e.g. `root.json`. */
  readonly what: string
  readonly maxBytes: number
  /** Arrays and objects inside each other. */
  readonly maxDepth: number
}

/** What stands in a document, and where one of its members stands. */
export interface ParsedDocument {
  readonly value: JsonValue
  /** The bytes of the member that was asked for, when they are canonical JSON as they are; undefined says nothing. */
  readonly canonical: Buffer | undefined
}

/**
 * Parses JSON that every parser understands alike. Objects inherit no names. METADATA_INVALID for what JSON forbids, and for
 * names that an object has twice, invalid UTF-8, a byte order mark, half surrogate pairs, numbers that are no integers of at
 * most 2^53 - 1 (`1e3` is one), and what is larger or deeper than allowed.
 */
export function parseStrict(bytes: Uint8Array, limits: StrictLimits): JsonValue {
  return new StrictParser(bytes, limits).document(undefined).value
}

/** As {@link parseStrict}; tells beside whether the member `name` of the document is canonical JSON as it stands there. */
export function parseWithCanonical(bytes: Uint8Array, limits: StrictLimits, name: string): ParsedDocument {
  return new StrictParser(bytes, limits).document(name)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const whole = /^(?:0|-?[1-9][0-9]*)$/
/** Of digits in a number; a text of more is long before it is large. */
const maxNumberLength = 400

/** Told of each member of the document: its name, and where its value begins. It ends where the parser is. */
type OnMember = (key: string, start: number) => void

/** An object that inherits no names; made so, engines lay it out as fast as any other, unlike what `Object.create(null)` gives. */
class Bare {
  [name: string]: JsonValue
}
Object.setPrototypeOf(Bare.prototype, null)
Reflect.deleteProperty(Bare.prototype, 'constructor')

class StrictParser {
  readonly #limits: StrictLimits
  readonly #text: string
  readonly #isAscii: boolean
  #at = 0
  #depth = 0
  /** Of what was read since it was last set to true. */
  #isCanonical = true

  constructor(bytes: Uint8Array, limits: StrictLimits) {
    this.#limits = limits
    const { what, maxBytes } = limits
    if (bytes.byteLength > maxBytes) throw metadataInvalid(`${what}: ${bytes.byteLength} bytes, more than ${maxBytes}`)
    try {
      this.#text = utf8.decode(bytes)
    } catch (cause) {
      throw metadataInvalid(`${what}: the bytes are not UTF-8`, cause)
    }
    this.#isAscii = this.#text.length === bytes.byteLength
  }

  document(name: string | undefined): ParsedDocument {
    this.#space()
    let canonical: Buffer | undefined
    const value = this.#value((key, start) => {
      if (key !== name) return
      canonical = this.#isCanonical ? Buffer.from(this.#text.slice(start, this.#at)) : undefined
    })
    this.#space()
    if (this.#at < this.#text.length) this.#fail('something stands behind the document')
    return { value, canonical }
  }

  #value(onMember?: OnMember): JsonValue {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x22:
        return this.#string()
      case 0x7b:
        return this.#object(onMember)
      case 0x5b:
        return this.#array()
      case 0x74:
        return this.#literal('true', true)
      case 0x66:
        return this.#literal('false', false)
      case 0x6e:
        return this.#literal('null', null)
      default:
        return this.#number()
    }
  }

  #object(onMember?: OnMember): JsonValue {
    this.#open()
    const object = new Bare()
    if (this.#closes(0x7d)) return object
    let last: string | undefined
    let isSorted = true
    do {
      this.#space()
      const key = this.#string()
      if (isSorted && last !== undefined && !this.#isBefore(last, key)) isSorted = this.#isCanonical = false
      if (!isSorted && key in object) this.#fail(`an object has the name ${shown(key)} twice`)
      last = key
      object[key] = this.#member(key, onMember)
      this.#space()
    } while (this.#skip(0x2c))
    return this.#closes(0x7d) ? object : this.#fail('expected , or } in an object')
  }

  #member(key: string, onMember?: OnMember): JsonValue {
    this.#space()
    if (!this.#skip(0x3a)) this.#fail('expected : behind a name')
    this.#space()
    if (onMember === undefined) return this.#value()
    this.#isCanonical = true
    const start = this.#at
    const value = this.#value()
    onMember(key, start)
    return value
  }

  #array(): JsonValue {
    this.#open()
    const items: JsonValue[] = []
    if (this.#closes(0x5d)) return items
    do {
      this.#space()
      items.push(this.#value())
      this.#space()
    } while (this.#skip(0x2c))
    return this.#closes(0x5d) ? items : this.#fail('expected , or ] in an array')
  }

  #open(): void {
    const { maxDepth } = this.#limits
    if (++this.#depth > maxDepth) this.#fail(`nested deeper than ${maxDepth}`)
    this.#at++
    this.#space()
  }

  #closes(unit: number): boolean {
    const isEnd = this.#skip(unit)
    if (isEnd) this.#depth--
    return isEnd
  }

  #string(): string {
    const text = this.#text
    if (text.charCodeAt(this.#at) !== 0x22) this.#fail('expected a string')
    const start = this.#at + 1
    let end = start
    let c = text.charCodeAt(end)
    while (c !== 0x22 && c !== 0x5c && c >= 0x20) c = text.charCodeAt(++end)
    if (c === 0x5c) return this.#escaped(start, end)
    if (c !== 0x22) this.#fail(end < text.length ? 'a string has a bare control character' : 'a string has no end')
    this.#at = end + 1
    return text.slice(start, end)
  }

  /** A string that has an escape at `end`. */
  #escaped(start: number, end: number): string {
    const text = this.#text
    let c = text.charCodeAt(end)
    while (c !== 0x22 && end < text.length) {
      if (c === 0x5c) {
        const escape = text.charCodeAt(++end)
        if (escape !== 0x22 && escape !== 0x5c) this.#isCanonical = false
      }
      c = text.charCodeAt(++end)
    }
    this.#at = end + 1
    return this.#unescape(text.slice(start - 1, end + 1))
  }

  #unescape(quoted: string): string {
    let value: unknown
    try {
      value = JSON.parse(quoted)
    } catch {
      this.#fail('a string has an escape that JSON does not know, a bare control character, or no end')
    }
    if (typeof value !== 'string' || !value.isWellFormed()) this.#fail('a string has half a surrogate pair')
    return value
  }

  #number(): number {
    number.lastIndex = this.#at
    const digits = number.exec(this.#text)?.[0] ?? this.#fail('expected a value')
    this.#at += digits.length
    if (digits.length > maxNumberLength) this.#fail(`a number of ${digits.length} characters`)
    const value = Number(digits)
    if (!Number.isSafeInteger(value)) this.#fail(`the number ${digits.slice(0, 40)} is no integer of at most 2^53 - 1`)
    if (!whole.test(digits)) this.#isCanonical = false
    return value === 0 ? 0 : value
  }

  #literal<T extends JsonValue>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('expected a value')
    this.#at += word.length
    return value
  }

  #space(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at)
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return
      this.#isCanonical = false
      this.#at++
    }
  }

  #skip(unit: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== unit) return false
    this.#at++
    return true
  }

  #isBefore(a: string, b: string): boolean {
    return this.#isAscii ? a < b : compareUtf8(a, b) < 0
  }

  #fail(problem: string): never {
    throw metadataInvalid(`${this.#limits.what}: ${problem}, at character ${this.#at + 1}`)
  }
}
