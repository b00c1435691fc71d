import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { isIbuildError } from '../../../shared/base/errors.ts'
import type { Environment } from '../config-folder.ts'
import { isThere } from './lazy-verifier.ts'
import { type TrustChoice, trustChoice, type VerifyFlags } from './trust-choice.ts'
import { withDockerTrust } from './verify-flags.ts'

const own = '/home/me/.config/ibuild/trust-policy.yaml'
const system = '/etc/ibuild/trust-policy.yaml'
const off: TrustChoice = { kind: 'off' }
const on = (policy?: string, asked?: 'all' | 'docker'): TrustChoice => ({ kind: 'on', policy, asked })

const rows: readonly [
  what: string,
  flags: VerifyFlags,
  env: Environment,
  files: readonly string[],
  expected: TrustChoice,
][] = [
  ['nothing said', {}, {}, [], off],
  ['--verify', { verify: true }, {}, [], on(undefined, 'all')],
  ['IBUILD_TRUST=1', {}, { IBUILD_TRUST: '1' }, [], on(undefined, 'all')],
  ['DOCKER_CONTENT_TRUST=1', {}, { DOCKER_CONTENT_TRUST: '1' }, [], on(undefined, 'docker')],
  ['what docker takes for true', {}, { DOCKER_CONTENT_TRUST: 'yes' }, [], on(undefined, 'docker')],
  ['DOCKER_CONTENT_TRUST=0', {}, { DOCKER_CONTENT_TRUST: '0' }, [], off],
  ['--verify beside docker', { verify: true }, { DOCKER_CONTENT_TRUST: '1' }, [], on(undefined, 'all')],
  ['--no-verify beside docker', { verify: false }, { DOCKER_CONTENT_TRUST: '1' }, [], off],
  ['IBUILD_TRUST=0 beside docker', {}, { IBUILD_TRUST: '0', DOCKER_CONTENT_TRUST: '1' }, [], off],
  ['--verify before IBUILD_TRUST=0', { verify: true }, { IBUILD_TRUST: 'false' }, [], on(undefined, 'all')],
  ['a policy of the user', {}, {}, [own, system], on(own)],
  ['a policy of the system', {}, {}, [system], on(system)],
  ['a policy that is asked for more', { verify: true }, {}, [system], on(system, 'all')],
  ['--no-verify before a policy', { verify: false }, {}, [system], off],
  ['IBUILD_TRUST=0 before a policy', {}, { IBUILD_TRUST: '0' }, [system], off],
  ['IBUILD_TRUST_POLICY, there or not', {}, { IBUILD_TRUST_POLICY: '/p.yaml' }, [system], on('/p.yaml')],
  ['--trust-policy first', { trustPolicy: 'x' }, { IBUILD_TRUST_POLICY: '/p.yaml', IBUILD_TRUST: '0' }, [own], on('x')],
]
for (const [what, flags, env, files, expected] of rows)
  test(`trust: ${what}`, (t) => {
    const home = { HOME: '/home/me', ...env }
    t.deepEqual(
      trustChoice(flags, home, (file) => files.includes(file)),
      expected,
    )
  })

test('what contradicts itself or is no truth is wrong usage', (t) => {
  const choose = (flags: VerifyFlags, env: Environment): unknown => t.throws(() => trustChoice(flags, env, () => false))
  t.true(isIbuildError(choose({ verify: false, trustPolicy: 'x' }, {}), 'USAGE'))
  t.true(isIbuildError(choose({}, { IBUILD_TRUST: 'ja' }), 'USAGE'))
})

test("docker's flag is ours, up to the end of options", (t) => {
  const words = ['--disable-content-trust', 'app', '--disable-content-trust=false', '--', '--disable-content-trust']
  t.deepEqual(withDockerTrust(words), ['--no-verify', 'app', '--verify', '--', '--disable-content-trust'])
})

test('a policy that is a link to nowhere is there, and so is not passed over', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-policy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [file, link] = [join(folder, 'file'), join(folder, 'link')]
  symlinkSync(join(folder, 'gone'), link)
  t.deepEqual([isThere(link), isThere(file), isThere(join(link, 'below'))], [true, false, false])
  writeFileSync(file, '')
  t.deepEqual([isThere(file), isThere(join(file, 'below'))], [true, false])
})

test('a policy of which nobody can tell whether it is there lets nothing in', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ibuild-policy-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const circle = join(folder, 'circle')
  symlinkSync(circle, circle)
  const env = { HOME: '/home/me', XDG_CONFIG_HOME: circle }
  const error = t.throws(() => trustChoice({}, env, isThere), { message: /circle.*trust-policy\.yaml.*\(ELOOP\)/ })
  t.true(isIbuildError(error, 'TRUST_POLICY_INVALID'))
  t.deepEqual(trustChoice({ verify: false }, env, isThere), off)
  t.deepEqual(trustChoice({ trustPolicy: 'x' }, env, isThere), on('x'))
})
