import { isDigest } from '../../shared/base/digest.ts'
import { age, BadValue, type Kind, text } from '../../shared/config/kinds.ts'
import { ofKind } from './guards.ts'
import { note, type Read } from './place.ts'

/** Of the whole: `5%`, `0.5%`, or the number alone. */
export const percent: Kind<number> = {
  name: 'percentage such as 5%',
  read(value) {
    const match = /^(\d{1,3}(?:\.\d{1,2})?)\s*%?$/.exec(typeof value === 'number' ? String(value) : asText(value))
    const read = Number(match?.[1] ?? Number.NaN)
    if (read >= 0 && read <= 100) return read
    throw new BadValue(`expected a percentage such as 5%, found ${JSON.stringify(value)?.slice(0, 80)}`)
  },
  fromText: (word) => word,
  show: (value) => `${value}%`,
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** What the word `none` lifts. */
export type Limit = { readonly at: number | undefined }

/** A kind of value, or the word `none`. */
export function orNone(read: Read<number>): Read<Limit> {
  return (value, place) => {
    if (value === 'none') return { at: undefined }
    const at = read(value, place)
    return at === undefined ? undefined : { at }
  }
}

export const anyAge = ofKind(age)
/** An age of which nothing would be known or kept if it were 0. */
export const someAge = ofKind(age, (time) => (time > 0 ? undefined : 'must be more than 0'))

/** A text of 1 to `most` characters that a person reads on one line. */
export function line(most: number): Read<string> {
  return ofKind(text, (one) => {
    if (one === '') return 'is empty'
    if (one.length > most) return `has more than ${most} characters`
    return /[\p{Cc}\u2028\u2029]/u.test(one) ? 'has a character that is no part of a line' : undefined
  })
}

const minutes = 60_000
const mostMinutes = 366 * 24 * 60

/** Whole minutes, in milliseconds. */
export const everyMinutes: Read<number> = (value, place) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= mostMinutes
    ? value * minutes
    : note(
        place,
        `expected a whole number of minutes, 1 to ${mostMinutes} (a year), found ${JSON.stringify(value)?.slice(0, 80)}`,
      )

const datePattern = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/

/** `2027-01-01` (where it begins, in UTC), or a time as RFC 3339 has it. */
export const moment: Read<number> = (value, place) => {
  const written = asText(value)
  const [, year, month, day] = datePattern.exec(written) ?? []
  const at = Date.parse(written)
  // Date.parse takes 30 February for 2 March.
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  return day !== undefined && Number(day) <= days && Number.isFinite(at)
    ? at
    : note(
        place,
        `expected a date such as 2027-01-01 or 2027-01-01T12:00:00Z, found ${JSON.stringify(value)?.slice(0, 80)}`,
      )
}

export const digest: Read<string> = (value, place) =>
  typeof value === 'string' && isDigest(value)
    ? value
    : note(place, `expected a digest such as sha256:<64 hex digits>, found ${JSON.stringify(value)?.slice(0, 80)}`)

/** A tag, or a name as a source has it: what is compared as a whole, and no pattern. */
export const tag: Read<string> = (value, place) =>
  typeof value === 'string' && /^\w[\w.-]{0,127}$/.test(value)
    ? value
    : note(place, `expected a tag, found ${JSON.stringify(value)?.slice(0, 80)}: it is a name, no pattern`)

/** The name of one repository; with a host before it where a source has such. */
export const repository: Read<string> = (value, place) =>
  typeof value === 'string' && value.length <= 300 && /^[\w.:[\]-]+(?:\/[\w.-]+)*$/.test(value)
    ? value
    : note(
        place,
        `expected the name of a repository, found ${JSON.stringify(value)?.slice(0, 80)}: it is a name, no pattern`,
      )
