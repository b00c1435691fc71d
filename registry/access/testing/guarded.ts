import type { ExecutionContext } from 'ava'
import { type Served, serve } from '../../http/testing/served.ts'
import { createAccounts } from '../accounts.ts'
import { createAuthorize } from '../authorize.ts'
import { basicScheme } from '../basic.ts'
import { hashPassword } from '../bcrypt.ts'
import { type AccessRule, createRules } from '../rules.ts'

/** A registry in memory with accounts, each of which has its name as its password, and their groups and rules. */
export async function guarded(
  t: ExecutionContext,
  names: readonly string[],
  rules: readonly AccessRule[],
): Promise<Served> {
  const entries = await Promise.all(names.map(async (name) => ({ name, hash: await hashPassword(name, 4) })))
  const accounts = createAccounts({ entries, groups: { dev: names.filter((name) => name.startsWith('dev')) } })
  const compiled = createRules(rules)
  const scheme = basicScheme({ accounts, rules: () => compiled, realm: () => 'test' })
  return serve(t, { authorize: createAuthorize({ rules: () => compiled, schemes: [scheme] }) })
}

/** Headers of a request with a password: the name unless told otherwise. */
export function as(name: string, password: string = name): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}
