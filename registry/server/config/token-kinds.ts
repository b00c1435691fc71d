import { BadValue, isPlainObject, type Kind, onlyInFile } from '../../../shared/config/kinds.ts'
import { isLoopback } from '../../../shared/net/http/loopback.ts'
import type { TokenIssuer } from '../../token/outside-issuer.ts'
import { refuseOtherKeys } from './nested-values.ts'

const mostIssuers = 20
/** Keys of an issuer, and what is taken where one may be left out. */
const issuerKeys: Readonly<Record<keyof TokenIssuer, string | undefined>> = {
  name: undefined,
  issuer: undefined,
  audience: undefined,
  keys: undefined,
  access: '',
  subject: 'sub',
  groups: 'groups',
}

/** Others whose tokens count. */
export const tokenIssuers: Kind<readonly TokenIssuer[]> = {
  name: 'list of issuers',
  read(value) {
    if (!Array.isArray(value)) throw new BadValue('expected a list of issuers')
    if (value.length > mostIssuers) throw new BadValue(`has more than ${mostIssuers} issuers`)
    const issuers = value.map((one: unknown, i) => readIssuer(one, `issuer ${i + 1}`))
    for (const key of ['name', 'issuer'] as const) {
      if (new Set(issuers.map((one) => one[key])).size < issuers.length)
        throw new BadValue(`two issuers have one ${key}`)
    }
    return issuers
  },
  fromText: onlyInFile,
  show: (value) => value.map((one) => ({ ...one })),
}

/** Where tokens are given; empty for this registry itself. */
export const tokenRealm: Kind<string> = {
  name: 'URL',
  read(value) {
    if (value === '') return value
    if (typeof value === 'string' && isWebAddress(value) && !value.includes('"')) return value
    throw new BadValue('expected an URL that begins with https:// or http://')
  },
  fromText: (text) => text,
  show: (value) => value,
}

function readIssuer(value: unknown, place: string): TokenIssuer {
  if (!isPlainObject(value)) throw new BadValue(`${place}: expected ${Object.keys(issuerKeys).join(', ')}`)
  refuseOtherKeys(value, Object.keys(issuerKeys), place)
  const textOf = (key: keyof TokenIssuer): string => {
    const text = value[key] ?? issuerKeys[key]
    if (typeof text === 'string' && text.length <= 1000 && (text !== '' || key === 'access')) return text
    throw new BadValue(`${place}: ${key}: expected a text`)
  }
  const [name, keys] = [textOf('name'), textOf('keys')]
  if (!/^[a-z\d-]{1,32}$/.test(name)) throw new BadValue(`${place}: name: expected letters a to z, digits and -`)
  if (/^[a-z]+:/i.test(keys) && !isSafe(keys)) throw new BadValue(`${place}: keys: expected a file, or an https URL`)
  const [issuer, audience, access] = [textOf('issuer'), textOf('audience'), textOf('access')]
  return { name, issuer, audience, keys, access, subject: textOf('subject'), groups: textOf('groups') }
}

/** Keys that anybody on the way could change would let anybody in. */
function isSafe(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && isLoopback(parsed.hostname))
}

function isWebAddress(text: string): boolean {
  const protocol = URL.parse(text)?.protocol
  return protocol === 'https:' || protocol === 'http:'
}
