import { suggest } from '../base/suggest.ts'

/** What a value of the configuration can be, how it is read and how it is written again. */
export interface Kind<T> {
  /** For people: `size such as 4MiB`. */
  readonly name: string
  /** Reads a plain value as YAML gives it. A problem is thrown as {@link BadValue}. */
  read(value: unknown): T
  /** Plain value of the text of an environment variable; {@link read} comes after it. */
  fromText(text: string): unknown
  /** The value as one would write it. */
  show(value: T): unknown
}

/** A value that is not of its kind; the message goes behind the path of the key. */
export class BadValue extends Error {}

const asIs = (text: string): unknown => text

/** For values that no text of a variable could be. */
export const onlyInFile = (): never => fail('cannot be set by an environment variable: write it in the file')

export const text: Kind<string> = {
  name: 'text',
  read: (value) => (typeof value === 'string' ? value : wrong('text', value)),
  fromText: asIs,
  show: (value) => value,
}

const booleans: Readonly<Record<string, boolean>> = { true: true, false: false }

export const yesOrNo: Kind<boolean> = {
  name: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : wrong('true or false', value)),
  fromText: (word) => booleans[word.toLowerCase()] ?? word,
  show: (value) => value,
}

/** A whole number, zero or above. */
export const count: Kind<number> = {
  name: 'whole number',
  read: (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : wrong('a whole number', value),
  fromText: (digits) => (/^\d{1,15}$/.test(digits) ? Number(digits) : digits),
  show: (value) => value,
}

const sizeUnits = ['', 'k', 'm', 'g', 't']
const sizeNames = ['', 'KiB', 'MiB', 'GiB', 'TiB']

/** Bytes: a number, or text with a unit of powers of 1024 (`4MiB`, `512k`). */
export const size: Kind<number> = {
  name: 'size such as 4MiB',
  read(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    const match = typeof value === 'string' ? /^(\d{1,15})\s*([kmgt]?)(?:i?b)?$/i.exec(value) : null
    if (match === null) return wrong('a size such as 4MiB', value)
    const bytes = Number(match[1]) * 1024 ** sizeUnits.indexOf((match[2] ?? '').toLowerCase())
    return Number.isSafeInteger(bytes) ? bytes : wrong('a size such as 4MiB', value)
  },
  fromText: asIs,
  show(value) {
    let unit = 0
    let left = value
    while (left >= 1024 && left % 1024 === 0 && unit < sizeNames.length - 1) {
      left /= 1024
      unit++
    }
    return unit === 0 ? left : `${left}${sizeNames[unit]}`
  },
}

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** Timers of Node end at once beyond this. */
const longestTime = 2 ** 31 - 1

/** Milliseconds: text such as `24h`, `90s` or `1h30m`; the number 0. */
export const duration: Kind<number> = timeUpTo(longestTime, { inWords: '24 days', name: 'duration such as 60s or 24h' })

/** Milliseconds of something that no timer waits for. */
export const age: Kind<number> = timeUpTo(100 * 365 * 86_400_000, {
  inWords: '100 years',
  name: 'age such as 12h or 30d',
})

function timeUpTo(most: number, { inWords, name }: { readonly inWords: string; readonly name: string }): Kind<number> {
  return {
    name,
    read(value) {
      if (value === 0 || value === '0') return 0
      if (typeof value !== 'string' || !/^(?:\d{1,10}(?:ms|s|m|h|d))+$/.test(value)) {
        return wrong(`${name.startsWith('a') ? 'an' : 'a'} ${name}`, value)
      }
      const parts = [...value.matchAll(/(\d+)(ms|s|m|h|d)/g)]
      const sum = parts.reduce((all, [, digits, unit = '']) => all + Number(digits) * (timeUnits[unit] ?? 0), 0)
      return sum <= most ? sum : fail(`${shown(value)} is more than ${inWords}`)
    },
    fromText: asIs,
    show(value) {
      if (value === 0) return 0
      const unit = ['d', 'h', 'm', 's'].find((one) => value % (timeUnits[one] ?? 1) === 0) ?? 'ms'
      return `${value / (timeUnits[unit] ?? 1)}${unit}`
    },
  }
}

/** One of some words. */
export function choice<Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    name: words.join(', '),
    read(value) {
      // YAML reads off and on as words, but 1.3 as a number; older readers of YAML give booleans.
      const word = typeof value === 'number' ? String(value) : value === false ? 'off' : value
      const found = words.find((one) => one === word)
      if (found !== undefined) return found
      const meant = typeof word === 'string' ? suggest(word, words) : undefined
      return wrong(`one of ${words.join(', ')}`, value, meant)
    },
    fromText: asIs,
    show: (value) => value,
  }
}

/** Texts; in an environment variable with commas between them. */
export const texts: Kind<readonly string[]> = {
  name: 'list of texts',
  read(value) {
    if (typeof value === 'string') return value === '' ? [] : [value]
    return Array.isArray(value) ? value.map((one) => text.read(one)) : wrong('a list of texts', value)
  },
  fromText: (words) => words.split(',').flatMap((word) => word.trim() || []),
  show: (value) => [...value],
}

/** With another value than its own, an answer could not be read. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Values of headers by name; each a text or a list of texts. */
export const headerValues: Kind<Readonly<Record<string, readonly string[]>>> = {
  name: 'map of header names to texts',
  read(value) {
    if (!isPlainObject(value)) return wrong('a map of header names to texts', value)
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => {
        if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) fail(`${shown(name)} is no name of a header`)
        if (framing.has(name.toLowerCase())) fail(`${name} says how an answer is sent, which each answer says itself`)
        return [name, texts.read(one).map(headerText)]
      }),
    )
  },
  fromText: onlyInFile,
  show: (value) => Object.fromEntries(Object.entries(value).map(([name, list]) => [name, [...list]])),
}

function headerText(value: string): string {
  return /^[\t\x20-\x7e]*$/.test(value) ? value : fail(`${shown(value)} cannot be sent in a header`)
}

/** True for what YAML makes of a map. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(wanted: string, value: unknown, meant?: string): never {
  return fail(`expected ${wanted}, found ${shown(value)}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`)
}

function fail(problem: string): never {
  throw new BadValue(problem)
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isPlainObject(value)) return 'a map'
  return value === undefined || value === null ? 'nothing' : JSON.stringify(value).slice(0, 80)
}
