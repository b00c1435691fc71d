import { createHash, createHmac, randomBytes } from 'node:crypto'
import { Recent } from '../../shared/base/recent.ts'
import { createSlots } from '../../shared/base/slots.ts'
import { clientNetwork } from '../../shared/web/client-network.ts'
import { RegistryError } from '../protocol/error.ts'
import { problemOfAccountName } from './account-name.ts'
import { checkPassword, hashOfNobody } from './bcrypt.ts'
import type { HtpasswdEntry } from './htpasswd.ts'
import { problemOfPassword } from './password.ts'
import { createSlowDown } from './slow-down.ts'
import type { Account, Accounts, KnownAccount, Login } from './types.ts'

/** Members of groups, by name of the group. */
export type Groups = Readonly<Record<string, readonly string[]>>

export interface AccountsOptions {
  readonly entries: readonly HtpasswdEntry[]
  readonly groups: Groups
  /** Milliseconds of a clock that nobody sets. */
  readonly now?: () => number
  /** Checks a password against a hash; another one in tests. */
  readonly check?: (password: string, hash: string) => Promise<boolean>
}

/** How logins ended, counted since the start. */
export interface LoginCounts {
  /** With a password that was checked, and was right or wrong; names that there are not count as wrong. */
  right: number
  wrong: number
  /** With one that was found right a short time ago. */
  remembered: number
  /** Without a look at the password, because too many were wrong or too many wait. */
  slowed: number
}

/** Accounts that can be replaced while they are used. */
export interface AccountStore extends Accounts {
  readonly counts: Readonly<LoginCounts>
  /** From now on these are the accounts and groups, all at once. */
  replace(what: { readonly entries?: readonly HtpasswdEntry[]; readonly groups?: Groups }): void
}

/** A password that was right. */
interface Verified {
  readonly hash: string
  readonly until: number
}

/** How long a password that was right is not checked again, and how many are remembered. */
const [rememberedTime, mostRemembered] = [60_000, 4096]
/** Checks at once: each takes a processor and a thread that disks need too. Of those that wait, so many at most. */
const [checksAtOnce, mostWaiting] = [2, 100]

export function createAccounts(options: AccountsOptions): AccountStore {
  return new StoredAccounts(options)
}

class StoredAccounts implements AccountStore {
  readonly counts: LoginCounts = { right: 0, wrong: 0, remembered: 0, slowed: 0 }
  readonly #now: () => number
  readonly #check: (password: string, hash: string) => Promise<boolean>
  readonly #slowDown: ReturnType<typeof createSlowDown>
  readonly #slots = createSlots(checksAtOnce)
  /** Passwords are known in here by a digest with this key alone. */
  readonly #key = randomBytes(32)
  readonly #verified = new Recent<string, Verified>(mostRemembered)
  readonly #beingChecked = new Map<string, Promise<string | undefined>>()
  readonly #nobody = hashOfNobody()
  #hashes: ReadonlyMap<string, string> = new Map()
  #allHashes: readonly string[] = []
  #groups: ReadonlyMap<string, ReadonlySet<string>> = new Map()

  constructor({ entries, groups, now = () => performance.now(), check = checkPassword }: AccountsOptions) {
    this.#now = now
    this.#check = check
    this.#slowDown = createSlowDown(now)
    this.replace({ entries, groups })
  }

  replace({ entries, groups }: { readonly entries?: readonly HtpasswdEntry[]; readonly groups?: Groups }): void {
    if (entries !== undefined) {
      this.#hashes = new Map(entries.map(({ name, hash }) => [name, hash]))
      this.#allHashes = [...this.#hashes.values()]
    }
    if (groups !== undefined) this.#groups = groupsByMember(groups)
  }

  find(name: string): KnownAccount | undefined {
    const hash = this.#hashes.get(name)
    return hash === undefined ? undefined : { ...this.#account(name), stamp: stampOf(hash) }
  }

  async verify({ name, password, address }: Login): Promise<Account | undefined> {
    if (problemOfAccountName(name) !== undefined || problemOfPassword(password) !== undefined) return this.#wrong()
    const key = this.#digest(`${name}\n${password}`)
    if (this.#isRemembered(key, name)) {
      this.counts.remembered++
      return this.#account(name)
    }
    const running = this.#beingChecked.get(key) ?? this.#begin(key, { name, password, address })
    const hash = await running
    // The accounts may have become others meanwhile.
    const isRight = hash !== undefined && hash === this.#hashes.get(name)
    return isRight ? this.#account(name) : undefined
  }

  #isRemembered(key: string, name: string): boolean {
    const verified = this.#verified.get(key)
    if (verified === undefined) return false
    if (verified.hash === this.#hashes.get(name) && this.#now() < verified.until) return true
    this.#verified.delete(key)
    return false
  }

  /** One check for all that ask the same at once. */
  async #begin(key: string, login: Login): Promise<string | undefined> {
    if (this.#beingChecked.size >= mostWaiting) throw this.#slowed(1000)
    const attempt = this.#slowDown.begin(login.name, clientNetwork(login.address ?? ''))
    if (typeof attempt === 'number') throw this.#slowed(attempt)
    const running = this.#hashIfRight(login)
    this.#beingChecked.set(key, running)
    try {
      const hash = await running
      attempt.end(hash !== undefined)
      if (hash === undefined) return this.#wrong()
      this.counts.right++
      this.#verified.set(key, { hash, until: this.#now() + rememberedTime })
      return hash
    } finally {
      this.#beingChecked.delete(key)
    }
  }

  /** The hash of the account that the password fits. A name that there is not takes as long as one that there is. */
  async #hashIfRight({ name, password }: Login): Promise<string | undefined> {
    const own = this.#hashes.get(name)
    const isRight = await this.#slots(() => this.#check(password, own ?? this.#hashInPlaceOf(name)))
    return isRight ? own : undefined
  }

  /** That of some account, always the same one for a name: costs differ, and so do times. */
  #hashInPlaceOf(name: string): string {
    const place = Buffer.from(this.#digest(name), 'base64url').readUInt32BE()
    return this.#allHashes[place % this.#allHashes.length] ?? this.#nobody
  }

  #account(name: string): Account {
    return { kind: 'account', name, groups: this.#groups.get(name) ?? none }
  }

  #wrong(): undefined {
    this.counts.wrong++
    return undefined
  }

  #slowed(milliseconds: number): RegistryError {
    this.counts.slowed++
    const seconds = Math.ceil(milliseconds / 1000)
    return new RegistryError('TOOMANYREQUESTS', `too many wrong passwords: try again in ${seconds} s`, {
      headers: { 'Retry-After': String(seconds) },
    })
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64url')
  }
}

const none: ReadonlySet<string> = new Set()

function groupsByMember(groups: Groups): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>()
  for (const [group, members] of Object.entries(groups)) {
    for (const member of members) all.set(member, (all.get(member) ?? new Set()).add(group))
  }
  return all
}

/** The salt in the hash makes it another one each time a password is set. */
function stampOf(hash: string): string {
  return createHash('sha256').update(hash).digest('base64url').slice(0, 22)
}
