import test from 'ava'
import fc from 'fast-check'
import type { RunStep } from '../plan/types.ts'
import { type KeyScope, keyOf, runKey } from './step-key.ts'

const scope: KeyScope = {
  parent: 'scratch',
  limits: {},
  extraHosts: [],
  latest: undefined,
  secretDigest: (text) => `digest-of-${text.length}`,
}
const step: RunStep = {
  kind: 'run',
  title: 'RUN x',
  source: 'RUN x',
  secrets: [],
  location: { file: 'f', startLine: 1, endLine: 1, text: 'RUN x' },
  user: '',
  workdir: '/',
  args: ['/bin/sh', '-c', 'x'],
  env: ['A=1'],
  argNames: [],
  proxyEnv: ['http_proxy=http://user:secret@host'],
  network: 'default',
  hostname: 'h',
  script: undefined,
}

test('parts are framed: no two lists of parts have one key', (t) => {
  const part = fc.record({ name: fc.string({ maxLength: 4 }), value: fc.string({ maxLength: 4 }) })
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), fc.array(part, { maxLength: 4 }), (a, b) => {
      t.is(keyOf(a) === keyOf(b), JSON.stringify(a) === JSON.stringify(b))
    }),
  )
  t.not(keyOf([{ name: 'a', value: 'b' }]), keyOf([{ name: 'a=', value: 'b' }]))
  t.not(
    keyOf([{ name: 'a', value: '1:b=' }]),
    keyOf([
      { name: 'a', value: '' },
      { name: 'b', value: '' },
    ]),
  )
})

const changes: [title: string, changed: Partial<RunStep>, scope: Partial<KeyScope>][] = [
  ['the command', { args: ['/bin/sh', '-c', 'y'] }, {}],
  ['the environment', { env: ['A=2'] }, {}],
  ['the order of the environment', { env: ['A=1', 'B=1'] }, {}],
  ['the user', { user: 'app' }, {}],
  ['the working directory', { workdir: '/w' }, {}],
  ['the network that is asked for', { network: 'none' }, {}],
  ['the host name', { hostname: 'other' }, {}],
  ['a heredoc script', { script: { path: '/dev/pipes/E', content: '#!/bin/sh\n' } }, {}],
  ['the layers below', {}, { parent: 'sha256:0' }],
  ['a limit', {}, { limits: { memory: 1 } }],
  ['a resource limit', {}, { limits: { ulimits: [{ name: 'nofile', soft: 1, hard: 2 }] } }],
  ['hosts', {}, { extraHosts: ['a:1.2.3.4'] }],
  ['the epoch', {}, { latest: 0n }],
]
for (const [title, changed, scopeChange] of changes) {
  test(`a RUN has another key when this changes: ${title}`, (t) => {
    const [before, after] = [runKey(step, scope), runKey({ ...step, ...changed }, { ...scope, ...scopeChange })]
    t.not(keyOf(before), keyOf(after))
  })
}

test('what a RUN does not depend on is not in its key, and proxy settings are in no part', (t) => {
  const moved = { ...step, title: 'other', location: { ...step.location, startLine: 9 }, proxyEnv: [] }
  t.is(keyOf(runKey(step, scope)), keyOf(runKey(moved, scope)))
  t.false(JSON.stringify(runKey(step, scope)).includes('secret'))
})
