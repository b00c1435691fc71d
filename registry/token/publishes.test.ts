import test from 'ava'
import { createRules } from '../access/rules.ts'
import type { Subject } from '../access/types.ts'
import type { AccessRequest } from '../http/authorize.ts'
import { parseName } from '../protocol/names.ts'
import { bearerScheme } from './bearer.ts'

const request: AccessRequest = {
  id: 'x',
  method: 'GET',
  route: { kind: 'extensions', name: undefined },
  headers: {},
  client: { address: '127.0.0.1', port: 1, host: 'x', isEncrypted: false },
}

for (const [who, subject, isDecided, expected] of [
  ['nobody by a token of ours', { kind: 'anonymous' }, false, false],
  ['nobody by a token of somebody who decides', { kind: 'anonymous' }, true, true],
  ['an account', { kind: 'account', name: 'ann', groups: new Set<string>() }, false, true],
] as const satisfies readonly (readonly [string, Subject, boolean, boolean])[]) {
  test(`where everybody may push, ${who} is ${expected ? 'one' : 'none'} who publishes`, async (t) => {
    const rules = createRules([{ repositories: ['**'], who: ['anonymous'], actions: ['pull', 'push'] }])
    const scopes = [{ type: 'repository', name: 'app', actions: ['push'] }]
    const read = async (): ReturnType<Parameters<typeof bearerScheme>[0]['read']> => ({ subject, scopes, isDecided })
    const scheme = bearerScheme({ read, rules: () => rules, realm: () => 'r', service: () => 's' })
    const asker = await scheme.identify('x', request)
    t.is(asker?.publishes(parseName('app')), expected)
    t.true(asker?.allows(parseName('app'), 'push'))
  })
}
