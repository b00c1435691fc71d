import test from 'ava'
import { coversScopes, mergeScopes, repositoryScope } from './scope.ts'

test('scopes are merged by resource, in one order', (t) => {
  t.deepEqual(mergeScopes(['repository:b:push', 'repository:a:pull'], ['repository:b:pull']), [
    'repository:a:pull',
    'repository:b:pull,push',
  ])
  t.deepEqual(mergeScopes(), [])
  t.is(repositoryScope('a/b', 'pull', 'push'), 'repository:a/b:pull,push')
})

test('a name may have a colon', (t) => {
  t.deepEqual(mergeScopes(['repository:host:5000/a:pull'], ['repository:host:5000/a:push']), [
    'repository:host:5000/a:pull,push',
  ])
})

for (const [granted, wanted, expected] of [
  [['repository:a:pull,push'], ['repository:a:pull'], true],
  [['repository:a:pull'], ['repository:a:pull,push'], false],
  [['repository:a:pull'], ['repository:b:pull'], false],
  [['repository:a:pull'], [], true],
  [[], [], true],
  [['registry:catalog:*'], ['registry:catalog:*'], true],
] as const) {
  test(`${granted.join(' ')} covers ${wanted.join(' ')}: ${expected}`, (t) =>
    t.is(coversScopes(granted, wanted), expected))
}
