import type { Access, AccessRequest, AccessWish, Action } from '../http/authorize.ts'
import type { RepositoryName } from '../protocol/names.ts'

/** Who asks. */
export type Subject = Anonymous | Account

/** Somebody who did not say who he is. */
export interface Anonymous {
  readonly kind: 'anonymous'
}

/** Somebody known: by the file of accounts, or by an issuer that is trusted. */
export interface Account {
  readonly kind: 'account'
  /** As `account-name.ts` lets through: no control characters, no colon, NFC; case makes a difference. */
  readonly name: string
  readonly groups: ReadonlySet<string>
}

/** What somebody says to be known by. Never logged, never part of an error. */
export interface Login {
  readonly name: string
  readonly password: string
  /** IP address of whoever asks; wrong passwords are counted for it. */
  readonly address: string | undefined
}

/** The accounts that are kept here. What it tells follows the file: somebody who was removed is unknown at once. */
export interface Accounts {
  /**
   * The account, or undefined for a password that is wrong and for a name that there is not: both take as long. Right ones are
   * remembered for a short time. Errors: RegistryError TOOMANYREQUESTS with `Retry-After`, after too many wrong ones.
   */
  verify(login: Login): Promise<Account | undefined>
  /** The account as it is now, without a password: for who proves in another way that he is the one. */
  find(name: string): KnownAccount | undefined
}

/** An account of the file. */
export interface KnownAccount extends Account {
  /** Another one after each change of the password: what was issued for an earlier one can be told by it. Tells nothing of the password. */
  readonly stamp: string
}

/** Who may do what, as the configuration says: a pure decision. What nothing grants is refused. */
export interface Rules {
  /** What the rules grant to a subject in a repository, whether or not that exists. */
  actionsFor(subject: Subject, name: RepositoryName): ReadonlySet<Action>
  /** True when the rules grant anything to whoever did not log in. */
  readonly areForAnonymous: boolean
}

/** Whoever sends a request, and what he may do by it: what the rules grant, narrowed by a token where there is one. */
export interface Asker {
  readonly subject: Subject
  /** `calledBy` is what a token must call it, where that is not its name: see {@link Access}. */
  allows(name: RepositoryName, action: Action, calledBy?: string): boolean
  /** True for somebody known who may push to the repository, if not by the token that he sent then by another one that he can get. */
  publishes(name: RepositoryName): boolean
  /** True when he may ask for the catalog; what it shows is what he may pull. */
  readonly mayListCatalog: boolean
  /** Whether a token is for a service beside the registry. Without tokens there is nothing that it could not be for. */
  mayUse?(service: string): boolean
  /**
   * True when another token could allow what this one does not. Then the answer is 401 with the challenge for it, where a known
   * account otherwise gets 403.
   */
  readonly couldBeAllowed?: (access: Access) => boolean
}

/** What was wrong with what came, for challenges: RFC 6750, section 3.1. */
export type ChallengeReason = 'invalid_token' | 'insufficient_scope'

/** What is wished, and why it was not let through. */
export interface Challenged {
  readonly request: AccessRequest
  readonly wish: AccessWish
  readonly reason?: ChallengeReason | undefined
}

/** One way to say who one is in the header `Authorization`: Basic, Bearer. */
export interface LoginScheme {
  /** In lower case. */
  readonly name: string
  /**
   * Who asks, by what follows the name of the scheme. Undefined when that proves nothing: the answer is 401 with a challenge
   * of reason invalid_token. Other errors are RegistryErrors.
   */
  identify(credentials: string, request: AccessRequest): Asker | undefined | Promise<Asker | undefined>
  /**
   * Value of `WWW-Authenticate`: how to ask again. Of several schemes the first that has one is told, because clients of docker
   * understand one alone; the others are taken all the same.
   */
  readonly challenge: (challenged: Challenged) => string
}
