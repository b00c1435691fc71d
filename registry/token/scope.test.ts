import test from 'ava'
import fc from 'fast-check'
import { gunNames } from '../access/gun-names.ts'
import type { Action } from '../http/authorize.ts'
import { grantedScopes, parseScope, readScopes, showScope } from './scope.ts'

const scopes: readonly (readonly [text: string, expected: unknown])[] = [
  ['repository:a/b:pull', { type: 'repository', name: 'a/b', actions: ['pull'] }],
  ['repository:a/b:push,pull,push', { type: 'repository', name: 'a/b', actions: ['pull', 'push'] }],
  ['repository(plugin):a:pull', { type: 'repository', name: 'a', actions: ['pull'] }],
  ['repository:host.example:5000/a/b:pull', { type: 'repository', name: 'host.example:5000/a/b', actions: ['pull'] }],
  ['registry:catalog:*', { type: 'registry', name: 'catalog', actions: ['*'] }],
  ['repository:a:', { type: 'repository', name: 'a', actions: [] }],
  ['repository:a', undefined],
  ['repository::pull', undefined],
  [':a:pull', undefined],
  ['', undefined],
  ['repository:a:pull"', undefined],
  ['repository:a b:pull', undefined],
  [`repository:${'a'.repeat(600)}:pull`, undefined],
]

for (const [text, expected] of scopes) {
  test(`a scope is read from the right: ${text.slice(0, 60)}`, (t) => {
    t.deepEqual(parseScope(text), expected as ReturnType<typeof parseScope>)
  })
}

test('a scope that was shown is read as it was', (t) => {
  const part = fc.stringMatching(/^[a-z0-9.:/-]{1,40}$/)
  const action = fc.constantFrom('pull', 'push', 'delete')
  fc.assert(
    fc.property(part, fc.uniqueArray(action), (name, actions) => {
      const scope = { type: 'repository', name, actions: [...actions].sort() }
      t.deepEqual(parseScope(showScope(scope)), scope)
    }),
    { numRuns: 200 },
  )
})

test('scopes come repeated or in one text, and are one for each repository', (t) => {
  const texts = ['repository:a:pull repository:b:pull', 'repository:a:push', 'nonsense', '']
  t.deepEqual(readScopes(texts).map(showScope), ['repository:a:pull,push', 'repository:b:pull'])
})

test('of scopes without end the first ones count', (t) => {
  const many = Array.from({ length: 5000 }, (_, i) => `repository:r${i}:pull`)
  t.is(readScopes(many).length, 60)
  const long = Array.from({ length: 100 }, (_, i) => `repository:${'r'.repeat(250)}${i}:pull`)
  t.true(JSON.stringify(readScopes(long)).length < 8 * 1024)
})

const rules: Readonly<Record<string, readonly Action[]>> = { mine: ['pull', 'push', 'delete'], theirs: ['pull'] }
const { repositoryOf } = gunNames(['host.example:5000', 'other'])
const granted = (...texts: readonly string[]): string[] =>
  grantedScopes(readScopes(texts), { actionsFor: (name) => rules[name] ?? [], repositoryOf }).map(showScope)

test('what is granted is what was asked for and is allowed', (t) => {
  t.deepEqual(granted('repository:mine:pull,push', 'repository:theirs:pull,push', 'repository:other:pull'), [
    'repository:mine:pull,push',
    'repository:theirs:pull',
  ])
  t.deepEqual(granted('repository:mine:*'), ['repository:mine:delete,pull,push'])
  t.deepEqual(granted('repository(plugin):mine:pull'), ['repository:mine:pull'])
  t.deepEqual(granted('repository:mine:admin', 'repository:mine:'), [])
  t.deepEqual(granted('registry:catalog:*', 'registry:catalog:pull', 'registry:other:*'), ['registry:catalog:*'])
  t.deepEqual(granted(), [])
})

test('in a collection is granted what is in its repository, and the name is kept', (t) => {
  t.deepEqual(granted('repository:host.example:5000/mine:push,pull'), ['repository:host.example:5000/mine:pull,push'])
  t.deepEqual(granted('repository:host.example:5000/mine:*'), ['repository:host.example:5000/mine:delete,pull,push'])
  t.deepEqual(granted('repository:host.example:5000/theirs:*'), ['repository:host.example:5000/theirs:pull'])
  t.deepEqual(granted('repository:host.example/mine:pull', 'repository:host.example:5001/mine:pull'), [])
  t.deepEqual(granted('repository:other/mine:pull,push'), ['repository:other/mine:pull,push'])
})

for (const name of ['../mine', 'mine/..', 'MINE', 'mine//x', '/mine', 'mine/', 'mine%2f', 'h:5000/mine', '__proto__']) {
  test(`a name that is none is granted nothing: ${name}`, (t) => {
    t.deepEqual(
      grantedScopes(readScopes([`repository:${name}:pull`]), { actionsFor: () => ['pull'], repositoryOf }),
      [],
    )
  })
}
