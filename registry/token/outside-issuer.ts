import type { JsonObject } from '../../shared/base/json.ts'
import { problemOfAccountName } from '../access/account-name.ts'
import type { Accounts } from '../access/types.ts'
import type { IssuerKeys, KeySet } from './issuer-keys.ts'
import { outsideAlgorithms, TokenInvalid, type Verify, verifierOf } from './jwt.ts'
import { scopesIn, type TokenMeaning, textsIn } from './subject-of-token.ts'
import { rememberVerified, type TokenClocks } from './verified-tokens.ts'

/** Somebody else whose tokens count here. */
export interface TokenIssuer {
  /** What his accounts and groups are called by in rules: `NAME/...`. */
  readonly name: string
  /** As it stands in `iss`. */
  readonly issuer: string
  /** As it stands in `aud`. */
  readonly audience: string
  /** File or URL of his public keys. */
  readonly keys: string
  /** Claim with what a token allows, as Docker writes it; then the rules have no say. Empty: the rules decide. */
  readonly access: string
  /** Claim that names the account, and that with its groups. */
  readonly subject: string
  readonly groups: string
}

/** What a token of another issuer says. Errors: {@link TokenInvalid}, and IbuildError TOKEN_ISSUER_FAILED without his keys. */
export type ReadOutside = (token: string) => Promise<TokenMeaning>

export interface OutsideParts extends TokenClocks {
  readonly keys: IssuerKeys
  readonly accounts: Pick<Accounts, 'find'>
}

/** Characters of a subject: it goes into addresses of uploads. */
const longestSubject = 128

export function outsideReader(issuer: TokenIssuer, { keys, accounts, ...clocks }: OutsideParts): ReadOutside {
  const { verify } = rememberVerified(outsideVerifier(issuer, keys, clocks.now), clocks)
  return async (token) => {
    const claims = await verify(token)
    const scopes = issuer.access === '' ? undefined : (scopesIn(claims, issuer.access) ?? [])
    if (scopes !== undefined && isNobody(claims, issuer)) {
      return { subject: { kind: 'anonymous' }, scopes, isDecided: true }
    }
    const name = subjectOf(claims, issuer)
    if (accounts.find(name) !== undefined) throw new TokenInvalid('an account here has this name')
    const groups = new Set(textsIn(claims, issuer.groups).map((group) => `${issuer.name}/${group}`))
    return { subject: { kind: 'account', name, groups }, scopes, isDecided: scopes !== undefined }
  }
}

/** Token servers leave the subject out, or empty, in what they give to those who did not log in. */
function isNobody(claims: JsonObject, { subject }: TokenIssuer): boolean {
  return !Object.hasOwn(claims, subject) || claims[subject] === ''
}

function subjectOf(claims: JsonObject, { name, subject }: TokenIssuer): string {
  const value = Object.hasOwn(claims, subject) ? claims[subject] : undefined
  if (typeof value !== 'string') throw new TokenInvalid(`it has no claim ${subject}`)
  // Colons are usual in subjects, and no part of names here; two subjects must not become one.
  const account = `${name}/${value.replaceAll(/[%:]/g, encodeURIComponent)}`
  const problem = problemOfAccountName(account)
  if (value === '' || account.length > longestSubject || problem !== undefined)
    throw new TokenInvalid(`its subject ${problem ?? 'is empty or too long'}`)
  return account
}

/** With the keys that are known; when a token names another one, once more with those that there are now. */
function outsideVerifier({ issuer, audience }: TokenIssuer, keys: IssuerKeys, now: () => number): Verify {
  const expected = { algorithms: outsideAlgorithms, issuer, audience, claims: ['exp'], now }
  let [known, verify]: [KeySet | undefined, Verify | undefined] = [undefined, undefined]
  const attempt: Verify = async (token) => {
    const set = await keys.get()
    if (set !== known || verify === undefined) [known, verify] = [set, verifierOf(set, expected)]
    return verify(token)
  }
  return async (token) => {
    try {
      return await attempt(token)
    } catch (error) {
      if (!(error instanceof TokenInvalid && error.isUnknownKey)) throw error
      if (!(await keys.refresh())) throw error
      return attempt(token)
    }
  }
}
