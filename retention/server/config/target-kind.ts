import { suggest } from '../../../shared/base/suggest.ts'
import { BadValue, isPlainObject, type Kind, onlyInFile } from '../../../shared/config/kinds.ts'
import { isLoopback } from '../../../shared/web/address.ts'
import type { Schedule } from '../../policy/types.ts'
import { checkCron } from '../../schedule/cron.ts'
import { isTimezone } from '../../timezone.ts'

/** A registry elsewhere whose policy is run from here. */
export interface Target {
  /** `https://HOST[:PORT]`, or http. */
  readonly url: string
  /** Empty: nobody logs in. */
  readonly user: string
  readonly passwordFile: string
  /** PEM file with CAs to trust beside those of the system; may be empty. */
  readonly caFile: string
  readonly schedule: Schedule
}

const most = 32
const keys = ['url', 'user', 'passwordFile', 'caFile', 'cron', 'timezone', 'everyMinutes']
const longestMinutes = 60 * 24 * 366

/** Registries elsewhere, each a map of its own keys. */
export const targets: Kind<readonly Target[]> = {
  name: 'list of registries',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('expected a list of registries')
    if (value.length > most) throw new BadValue(`there are more than ${most}`)
    const list = value.map((one: unknown, i) => readTarget(one, `[${i}]`))
    const urls = list.map(({ url }) => url)
    const twice = urls.find((url, i) => urls.indexOf(url) !== i)
    if (twice !== undefined) throw new BadValue(`${twice} is there twice`)
    return list
  },
  fromText: onlyInFile,
  show: (value) => value.map(showTarget),
}

function readTarget(value: unknown, place: string): Target {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected url, and cron or everyMinutes`)
  const other = Object.keys(value).find((key) => !keys.includes(key))
  if (other !== undefined) {
    const meant = suggest(other, keys)
    const advice = meant === undefined ? '' : `; did you mean ${meant}?`
    throw new BadValue(`${place}: there is no key ${JSON.stringify(other.slice(0, 80))}${advice}`)
  }
  const word = (key: string): string => {
    const { [key]: found = '' } = value
    if (typeof found !== 'string' || found.length > 4096) throw new BadValue(`${place}.${key}: expected text`)
    return found
  }
  const [user, passwordFile] = [word('user'), word('passwordFile')]
  if ((user === '') !== (passwordFile === '')) throw new BadValue(`${place}: user and passwordFile belong together`)
  if (user.includes(':')) throw new BadValue(`${place}.user: has a colon`)
  const schedule = scheduleOf(value, word, place)
  return { url: urlOf(word('url'), place, user !== ''), user, passwordFile, caFile: word('caFile'), schedule }
}

function urlOf(text: string, place: string, hasUser: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new BadValue(`${place}.url: expected a URL such as https://registry.example.org, without a login`)
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new BadValue(`${place}.url: expected a host alone, without a path`)
  if (
    url.protocol === 'http:' &&
    hasUser &&
    !isLoopback(url.hostname.replace(/^\[|\]$/g, '')) &&
    url.hostname !== 'localhost'
  )
    throw new BadValue(`${place}.url: the password would be sent in clear: write https`)
  return url.origin
}

function scheduleOf(value: object, word: (key: string) => string, place: string): Schedule {
  const { everyMinutes } = { everyMinutes: undefined, ...value }
  const [cron, timezone] = [word('cron'), word('timezone') || 'UTC']
  if ((cron === '') === (everyMinutes === undefined))
    throw new BadValue(`${place}: expected one of cron and everyMinutes`)
  if (cron === '') return { kind: 'every', every: minutesOf(everyMinutes, place), jitter: 0 }
  if (!isTimezone(timezone))
    throw new BadValue(`${place}.timezone: there is no ${JSON.stringify(timezone.slice(0, 80))}`)
  const problem = cron.length > 200 ? 'is too long' : checkCron(cron, timezone)
  if (problem !== undefined) throw new BadValue(`${place}.cron: ${problem}`)
  return { kind: 'cron', cron, timezone, window: undefined, jitter: 0 }
}

function minutesOf(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= longestMinutes)
    return value * 60_000
  throw new BadValue(`${place}.everyMinutes: expected a whole number from 1 to ${longestMinutes}`)
}

function showTarget({ url, user, passwordFile, caFile, schedule }: Target): object {
  return {
    url,
    ...(user !== '' && { user, passwordFile }),
    ...(caFile !== '' && { caFile }),
    ...(schedule.kind === 'cron'
      ? { cron: schedule.cron, timezone: schedule.timezone }
      : { everyMinutes: schedule.every / 60_000 }),
  }
}
