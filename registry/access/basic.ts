import type { Accounts, Asker, LoginScheme, Rules, Subject } from './types.ts'

/** Name and password that a client sent. */
export interface NameAndPassword {
  readonly name: string
  readonly password: string
}

/** Base64 of the longest name and password, in four bytes for a character at most, and the colon. */
const longest = Math.ceil((128 * 4 + 1 + 72) / 3) * 4
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads what follows `Basic` (RFC 7617, in UTF-8); undefined for what is none. */
export function parseBasic(credentials: string): NameAndPassword | undefined {
  if (credentials.length > longest || !/^[A-Za-z\d+/]+={0,2}$/.test(credentials)) return undefined
  const text = decoded(Buffer.from(credentials, 'base64'))
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 0) return undefined
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

export interface BasicOptions {
  readonly accounts: Accounts
  /** Those in force. */
  readonly rules: () => Rules
  /** What clients show when they ask for a password; printable ASCII without quotes and backslashes. */
  readonly realm: () => string
}

/** Name and password with every request. */
export function basicScheme({ accounts, rules, realm }: BasicOptions): LoginScheme {
  return {
    name: 'basic',
    async identify(credentials, { route, client, tellAccount }) {
      const login = parseBasic(credentials)
      if (login === undefined) return undefined
      // So podman and skopeo ask who have no login, once they were asked for one.
      if (login.name === '' && login.password === '')
        return route.kind === 'base' ? undefined : askerByRules({ kind: 'anonymous' }, rules())
      // Of other names nothing is told: people type passwords in the wrong place.
      if (accounts.find(login.name) !== undefined) tellAccount?.(login.name)
      const account = await accounts.verify({ ...login, address: client.address })
      return account === undefined ? undefined : askerByRules(account, rules())
    },
    challenge: () => `Basic realm="${realm()}", charset="UTF-8"`,
  }
}

/** Only somebody known is taken for one who publishes: where everybody may push, nobody's pulls would be looked at otherwise. */
export function isKnown({ kind }: Subject): boolean {
  return kind === 'account'
}

/** Somebody who may do what the rules say. */
export function askerByRules(subject: Subject, rules: Rules): Asker {
  return {
    subject,
    allows: (name, action) => rules.actionsFor(subject, name).has(action),
    publishes: (name) => isKnown(subject) && rules.actionsFor(subject, name).has('push'),
    mayListCatalog: subject.kind === 'account' || rules.areForAnonymous,
  }
}
