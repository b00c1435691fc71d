import {
  BadValue,
  choice,
  count,
  duration,
  headerValues,
  isPlainObject,
  type Kind,
  onlyInFile,
  text,
  texts,
} from '../../../shared/config/kinds.ts'
import type { EndpointSettings } from '../../events/types.ts'
import { inside } from './nested-values.ts'

const actions = ['push', 'pull', 'mount', 'delete'] as const
const most = 32

const usual: Omit<EndpointSettings, 'name' | 'url'> = {
  secretFile: '',
  caFile: '',
  headers: {},
  actions,
  ignoreMediaTypes: [],
  timeout: 5000,
  threshold: 10,
  backoff: 1000,
  maxAge: 259_200_000,
}

/** Receivers of events, each a map of its own keys. */
export const endpoints: Kind<readonly EndpointSettings[]> = {
  name: 'list of endpoints',
  read(value) {
    if (!Array.isArray(value)) return fail('expected a list')
    if (value.length > most) fail(`there are more than ${most}`)
    const list = value.map((one: unknown, i) => inside(`[${i}]`, () => readEndpoint(one)))
    const names = list.map(({ name }) => name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    return twice === undefined ? list : fail(`there are two of the name ${twice}`)
  },
  fromText: onlyInFile,
  show: (value) => value.map(showEndpoint),
}

/** The beginning of URLs, without a slash at its end; nothing is none. */
export const baseUrl: Kind<string> = {
  ...text,
  name: 'URL',
  read(value) {
    const given = text.read(value).replace(/\/+$/, '')
    return given === '' ? given : checkedUrl(given)
  },
}

const action: Kind<(typeof actions)[number]> = choice(...actions)

const readers: { readonly [Name in keyof EndpointSettings]: (value: unknown) => EndpointSettings[Name] } = {
  name: (value) => {
    const name = text.read(value)
    return /^[\w.-]{1,64}$/.test(name) ? name : fail('expected letters, digits, `.`, `_` and `-`, 64 at most')
  },
  url: (value) => checkedUrl(text.read(value)),
  secretFile: (value) => text.read(value),
  caFile: (value) => text.read(value),
  headers: readHeaders,
  actions: (value) => {
    const wanted = new Set(texts.read(value).map((one) => action.read(one)))
    return wanted.size > 0 ? actions.filter((one) => wanted.has(one)) : fail('nothing would be told')
  },
  ignoreMediaTypes: (value) => texts.read(value),
  timeout: (value) => positive(duration.read(value)),
  threshold: (value) => positive(count.read(value)),
  backoff: (value) => positive(duration.read(value)),
  maxAge: (value) => positive(duration.read(value)),
}

function readEndpoint(value: unknown): EndpointSettings {
  if (!isPlainObject(value)) return fail('expected a map of keys')
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(readers, name)) fail(`${name}: there is no such key`)
  }
  const valueOf = (name: string, reader: (one: unknown) => unknown): unknown => {
    const isGiven = value[name] !== undefined
    return !isGiven && Object.hasOwn(usual, name)
      ? Reflect.get(usual, name)
      : inside(`.${name}`, () => reader(value[name]))
  }
  const read = Object.entries(readers).map(([name, reader]) => [name, valueOf(name, reader)])
  const settings: unknown = Object.fromEntries(read)
  return isComplete(settings) ? settings : fail('is not complete')
}

/** Each reader gives a value of the type of its key. */
function isComplete(settings: unknown): settings is EndpointSettings {
  return isPlainObject(settings) && Object.keys(readers).every((name) => settings[name] !== undefined)
}

/** What says how the request is sent, and what we say of it ourselves. */
const own = /^(?:content-type|content-length|host|expect|x-ibuild-.*)$/i

function readHeaders(value: unknown): EndpointSettings['headers'] {
  const headers = headerValues.read(value)
  const wrong = Object.keys(headers).find((name) => own.test(name))
  return wrong === undefined ? headers : fail(`${wrong} says what each request says itself`)
}

function checkedUrl(given: string): string {
  const url = URL.parse(given)
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return fail('expected an http or https URL')
  if (url.username !== '' || url.password !== '') fail('has a user or a password: put them into a header')
  if (url.hash !== '') fail('has a #, which nobody sends')
  return given
}

function positive(number: number): number {
  return number > 0 ? number : fail('must be more than 0')
}

/** Values of headers may be secret: they are not shown. */
function showEndpoint(endpoint: EndpointSettings): object {
  const { headers, actions: wanted, ignoreMediaTypes, timeout, threshold, backoff, maxAge, ...plain } = endpoint
  return {
    ...plain,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, values.map(() => '(not shown)')]),
    ),
    actions: [...wanted],
    ignoreMediaTypes: [...ignoreMediaTypes],
    timeout: duration.show(timeout),
    threshold,
    backoff: duration.show(backoff),
    maxAge: duration.show(maxAge),
  }
}

function fail(problem: string): never {
  throw new BadValue(problem)
}
