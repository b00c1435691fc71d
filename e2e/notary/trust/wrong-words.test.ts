import { join } from 'node:path'
import test from 'ava'
import { makeWorkspace } from '../../testing/workspace.ts'

/** What is written, the exit code, and what is said; `junk` is a file of no use, `none` one that is not there. */
const cases: readonly (readonly [words: string, code: number, told: RegExp])[] = [
  ['trust what', 2, /no command ibuild trust "what" \[USAGE\]/],
  ['trust sign', 2, /missing required argument 'image' \[USAGE\]/],
  ['trust sign localhost:1/a', 2, /localhost:1\/a has no tag \[USAGE\]\nhint: Write localhost:1\/a:latest/],
  ['trust sign localhost:1/a:1 --format pgp', 2, /--format: "pgp" is none of notary, cosign and both \[USAGE\]/],
  ['trust verify localhost:1/UPPER:1', 2, /must be lower-case \[REFERENCE_INVALID\]/],
  ['trust verify localhost:1/a:1 --server http://localhost:1', 2, /valid https URL required .* \[USAGE\]/],
  ['trust verify localhost:1/a:1 --server https://localhost:1', 3, /nobody listens there .* \[TRUST_UNREACHABLE\]/],
  ['trust inspect localhost:1/a --pin abcd', 2, /--pin: "abcd" is not the whole ID of a key \[USAGE\]/],
  ['trust key generate ../x', 2, /not the name of a signer: "\.\.\/x" \[ROLE_INVALID\]/],
  [
    'trust key generate bob',
    1,
    /no passphrase for .* \[PASSPHRASE_MISSING\]\nhint: Set .*DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE/,
  ],
  ['trust key load none', 2, /none cannot be read \(ENOENT\) \[USAGE\]/],
  ['trust key load junk', 1, /junk: no private key is there, or it is too large \[KEY_INVALID\]/],
  ['trust key remove zz', 2, /not the ID of a key: "zz" \[USAGE\]/],
  ['trust key export ff00 -o out', 1, /there is no key ff00 in the key store \[KEY_NOT_FOUND\]/],
  ['trust setup localhost:1', 2, /no server of this data folder made certificates: .* \[USAGE\]\nhint: .*--ca FILE/],
  ['trust setup localhost:1 --ca junk', 1, /junk: no PEM certificate is there \[KEY_INVALID\]/],
  ['trust rotate localhost:1/a nothing', 2, /not the name of a role: "nothing" \[ROLE_INVALID\]/],
  ['trust pending show junk', 1, /\[TRUST_PENDING_INVALID\]/],
  ['trust signer add bob localhost:1/a', 2, /'--key <file>' not specified \[USAGE\]/],
  ['trust revoke localhost:1/a', 2, /no terminal to ask: .* \[USAGE\]\nhint: Say yes beforehand with --yes/],
  ['notary what', 2, /no command ibuild notary "what" \[USAGE\]/],
  ['notary serve --tls sometimes', 2, /--tls: expected one of auto, files, off, found "sometimes"/],
  [
    'notary serve --tls-cert junk --tls-key junk --listen 127.0.0.1:0',
    1,
    /junk is no certificate in PEM \[TLS_INVALID\]/,
  ],
  ['notary serve --listen 0.0.0.0:0', 3, /\[EXPOSURE_REFUSED\]/],
  ['notary audit --verify --head x', 2, /--head "x" is not what --verify prints, NUMBER:HASH \[USAGE\]/],
  ['notary import', 2, /name the collections that are to be imported, or give --all \[USAGE\]/],
  ['notary import localhost:1/a', 2, /name the other server: --from https:\/\/HOST:PORT \[USAGE\]/],
  ['pull --trust-policy junk localhost:1/a', 1, /junk: expected an object, found a string \[TRUST_POLICY_INVALID\]/],
  ['pull --trust-policy none localhost:1/a', 1, /none is not there \[TRUST_POLICY_INVALID\]/],
  ['build --sign .', 2, /--sign is about what is pushed, and nothing is \[USAGE\]\nhint: Add --push/],
]

for (const [words, code, told] of cases) {
  test.serial(`ibuild ${words}`, async (t) => {
    const space = await makeWorkspace(t)
    space.write('.', { junk: 'junk\n', Dockerfile: 'FROM scratch\n' })
    const env = { HOME: space.folder, DOCKER_CONFIG: join(space.folder, 'docker') }
    const outcome = await space.ibuild(words.split(' '), { env, cwd: space.folder })
    t.regex(outcome.stderr, told)
    t.deepEqual([outcome.code, outcome.stdout], [code, ''])
  })
}
