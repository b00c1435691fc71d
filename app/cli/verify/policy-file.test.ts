import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { temporaryFolder } from '../../../e2e/testing/temporary.ts'
import { writePublicKey } from '../../../notary/keys/public-key-file.ts'
import { newKey } from '../../../notary/tuf/testing/keys.ts'
import { isIbuildError } from '../../../shared/base/errors.ts'
import { readPolicyFile } from './policy-file.ts'

function written(t: ExecutionContext, text: string): string {
  const file = join(temporaryFolder(t), 'trust.yaml')
  writeFileSync(file, text)
  return file
}

function problemOf(t: ExecutionContext, text: string): string {
  const file = written(t, text)
  const error = t.throws(() => readPolicyFile(file))
  t.true(isIbuildError(error, 'TRUST_POLICY_INVALID'))
  return error?.message.replaceAll(file, 'FILE') ?? ''
}

test('keys are read from files beside the policy', (t) => {
  const { key } = newKey('ecdsa')
  const file = written(t, 'default:\n  cosign:\n    keys: alice.pub\n')
  writeFileSync(join(file, '../alice.pub'), writePublicKey(key, 'alice'))
  t.like(readPolicyFile(file).otherwise, { kind: 'cosign', threshold: 1, keys: [{ id: key.canonicalID }] })
})

test('JSON is YAML', (t) => {
  t.deepEqual(readPolicyFile(written(t, '{"default": "reject"}')).otherwise, { kind: 'reject' })
})

test('what is wrong is told with its line', (t) => {
  const start = 'default: reject\n# why\nrules:\n'
  t.is(
    problemOf(t, `${start}  - names: "**"\n    requires: reject\n`),
    'FILE, line 5: rules[0].requires: is not known; did you mean require?',
  )
  t.is(problemOf(t, `${start}  - names: "**"\n`), 'FILE, line 4: rules[0].require: is missing')
  t.regex(
    problemOf(t, `${start}  - names: ["**", busybox]\n    require: reject\n`),
    /^FILE, line 4: rules\[0\]\.names\[1\]: "busybox" has no host/,
  )
  t.regex(problemOf(t, 'default: {notary: {}}'), /^FILE, line 1: default.notary: has nothing/)
  t.is(problemOf(t, ''), 'FILE: expected an object, found null')
  t.regex(problemOf(t, 'default: [\n'), /^FILE: .* at line 2/)
  t.regex(
    problemOf(t, 'default: reject\ndefault: insecureAcceptAnything\n'),
    /^FILE: Map keys must be unique: "default" at line 2/,
  )
  t.regex(
    problemOf(t, 'default:\n  cosign: {keys: nobody.pub}\n'),
    /^FILE, line 2: default.cosign.keys: .*nobody.pub is not there/,
  )
})

test('a file that is not there, or is too large, is told', (t) => {
  t.throws(() => readPolicyFile('/no/such/policy.yaml'), { message: '/no/such/policy.yaml is not there' })
  t.regex(problemOf(t, `default: reject\n${'# \n'.repeat(400_000)}`), /^FILE has \d+ bytes, more than 1048576/)
})
