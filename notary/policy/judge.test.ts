import test from 'ava'
import { type Digest, digestOf, hexOf } from '../../shared/base/digest.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { parseKeyID } from '../tuf/key.ts'
import { parseTargetsRole } from '../tuf/role.ts'
import { newKey } from '../tuf/testing/keys.ts'
import type { KeyID, TargetsRole } from '../tuf/types.ts'
import type { SignedTarget } from '../verifier/types.ts'
import { candidates } from './candidates.ts'
import { leavesTagToRegistry } from './evaluate.ts'
import { judge } from './judge.ts'
import { signedBySomebody } from './requirements.ts'
import type {
  CollectionEvidence,
  CosignEvidence,
  CosignRequirement,
  Evidence,
  NotaryEvidence,
  NotaryRequirement,
  Requirement,
  Subject,
  Verdict,
} from './types.ts'
import { refusalError } from './verdict.ts'

const [good, other] = [digestOf('good'), digestOf('other')]
const name = { domain: 'reg.example.com', path: 'team/app' }
const [releases, qa, bob] = ['targets/releases', 'targets/qa', 'targets/bob'].map(parseTargetsRole)
const [k1, k2, k3] = ['1', '2', '3'].map((digit) => parseKeyID(digit.repeat(64)))

function signed(
  role: TargetsRole | undefined,
  digest: Digest,
  more: { tag?: string; length?: number; keys?: (KeyID | undefined)[] } = {},
): SignedTarget {
  const { tag = 'v1', length = 100, keys = [k1] } = more
  const sha256 = Buffer.from(hexOf(digest), 'hex')
  const target = { length, sha256, sha512: undefined, custom: undefined }
  return { name: tag, role: role ?? 'targets', target, keys: new Set(keys.filter((key) => key !== undefined)) }
}

function collection(...targets: SignedTarget[]): CollectionEvidence {
  return { targets, unusable: new Map(), confirmedAt: 1000, isFresh: true }
}

function evidence(notary: NotaryEvidence | undefined, cosign?: CosignEvidence): Evidence {
  return { notary: () => notary, cosign: () => cosign, now: 5000 }
}

function requires(more: Partial<NotaryRequirement> = {}): NotaryRequirement {
  return { ...signedBySomebody, ...more }
}

const subject: Subject = { name, digest: good, size: 100, tag: 'v1' }

/** The code and the text of a refusal, `accepted` for what is. */
function told(verdict: Verdict): string {
  if (verdict.isAccepted) return 'accepted'
  const { code, message } = refusalError(verdict)
  return `${code} ${message}`
}

test('what is signed by a role that is looked in is accepted, with its length', (t) => {
  const verdict = judge(requires(), subject, evidence(collection(signed('targets', good))))
  t.deepEqual(verdict, { isAccepted: true, size: 100, by: ['targets'] })
})

const verdicts: readonly [
  what: string,
  requirement: Requirement,
  known: CollectionEvidence,
  expected: RegExp,
  asked?: Partial<Subject>,
][] = [
  [
    'a tag that nobody signed',
    requires(),
    collection(),
    /^TRUST_NOT_SIGNED reg.example.com\/team\/app:v1 is not signed by targets\/releases or targets$/,
  ],
  [
    'a tag of a role that is not looked in',
    requires(),
    collection(signed(bob, good)),
    /^TRUST_NOT_SIGNED .*; targets\/bob signed it, which the policy does not ask/,
  ],
  [
    'content that is signed under another tag',
    requires(),
    collection(signed('targets', good, { tag: 'v2' })),
    /^TRUST_NOT_SIGNED .*its content is signed as "v2", by targets/,
  ],
  [
    'another content under the tag',
    requires(),
    collection(signed('targets', other)),
    /^TRUST_CONTENT .* is sha256:\w+, but targets signed sha256:/,
  ],
  [
    'another length',
    requires(),
    collection(signed('targets', good, { length: 99 })),
    /^TRUST_CONTENT .*has 100 bytes, but targets signed 99/,
  ],
  [
    'a length that is not known yet',
    requires(),
    collection(signed('targets', good, { length: 99 })),
    /^accepted/,
    { size: undefined },
  ],
  [
    'releases before targets',
    requires(),
    collection(signed('targets', good), signed(releases, other)),
    /^TRUST_CONTENT .*but targets\/releases signed/,
  ],
  ['releases alone', requires(), collection(signed(releases, good)), /^accepted/],
  [
    'a role that must sign too',
    requires({ alsoRoles: [qa ?? 'targets'] }),
    collection(signed('targets', good)),
    /^TRUST_SIGNERS .*is not signed by targets\/qa as well/,
  ],
  [
    'a role that must sign too, and signed something else',
    requires({ alsoRoles: [qa ?? 'targets'] }),
    collection(signed('targets', good), signed(qa, other)),
    /^TRUST_SIGNERS/,
  ],
  [
    'a role that must sign too, and signed another length',
    requires({ alsoRoles: [qa ?? 'targets'] }),
    collection(signed('targets', good), signed(qa, good, { length: 1 })),
    /^TRUST_SIGNERS/,
  ],
  [
    'a role that must sign too, and did',
    requires({ alsoRoles: [qa ?? 'targets'] }),
    collection(signed('targets', good), signed(qa, good)),
    /^accepted/,
  ],
  ['a key of the policy', keyed(1, k1, k2), collection(signed('targets', good)), /^accepted/],
  [
    'a key that the policy does not name',
    keyed(1, k2),
    collection(signed('targets', good)),
    /^TRUST_SIGNERS .*signed by 0 of the 1 keys that the policy names, and 1 must have/,
  ],
  ['one key of two', keyed(2, k1, k2), collection(signed('targets', good)), /^TRUST_SIGNERS .*1 of the 2 keys/],
  [
    'one key in two roles is one',
    keyed(2, k1, k2),
    collection(signed('targets', good), signed(bob, good)),
    /^TRUST_SIGNERS/,
  ],
  ['two keys of one role', keyed(2, k1, k2), collection(signed('targets', good, { keys: [k1, k2] })), /^accepted/],
  [
    'two keys in two roles',
    keyed(2, k1, k2),
    collection(signed('targets', good), signed(bob, good, { keys: [k2] })),
    /^accepted/,
  ],
  [
    'two keys, one of which signed something else',
    keyed(2, k1, k2),
    collection(signed('targets', good), signed(bob, other, { keys: [k2] })),
    /^TRUST_SIGNERS/,
  ],
  [
    'two keys, one of which signed it under another tag',
    keyed(2, k1, k2),
    collection(signed('targets', good), signed(bob, good, { keys: [k2], tag: 'v2' })),
    /^TRUST_SIGNERS/,
  ],
  [
    'two keys beside one that does not count',
    keyed(2, k1, k2),
    collection(signed('targets', good, { keys: [k1, k3] })),
    /^TRUST_SIGNERS/,
  ],
  [
    'a digest that is signed under some tag',
    requires(),
    collection(signed('targets', good, { tag: 'old' })),
    /^accepted/,
    { tag: undefined },
  ],
  [
    'a digest that nobody signed',
    requires(),
    collection(signed('targets', other)),
    /^TRUST_NOT_SIGNED reg.example.com\/team\/app@sha256:\w+ is not signed by .* under any name/,
    { tag: undefined },
  ],
  [
    'a digest that a role signed which is not looked in',
    requires(),
    collection(signed(bob, good)),
    /^TRUST_NOT_SIGNED/,
    { tag: undefined },
  ],
  [
    'a digest that lacks a key',
    keyed(1, k2),
    collection(signed('targets', good)),
    /^TRUST_SIGNERS/,
    { tag: undefined },
  ],
  [
    'a digest whose other name has the key',
    keyed(1, k2),
    collection(signed('targets', good), signed('targets', good, { tag: 'v2', keys: [k2] })),
    /^accepted/,
    { tag: undefined },
  ],
  ['a digest where digests pass', requires({ digests: 'accept' }), collection(), /^accepted/, { tag: undefined }],
  ['a tag where digests pass', requires({ digests: 'accept' }), collection(), /^TRUST_NOT_SIGNED/],
  [
    'sha512 of what only has sha256',
    requires(),
    collection(signed('targets', good)),
    /^TRUST_NOT_SIGNED/,
    { tag: undefined, digest: digestOf('good', 'sha512') },
  ],
  ['anything', { kind: 'acceptAnything' }, collection(), /^accepted/],
  [
    'nothing',
    { kind: 'reject' },
    collection(signed('targets', good)),
    /^TRUST_POLICY the policy lets no image in under reg.example.com\/team\/app:v1/,
  ],
]
for (const [what, requirement, known, expected, asked] of verdicts)
  test(`judged: ${what}`, (t) => t.regex(told(judge(requirement, { ...subject, ...asked }, evidence(known))), expected))

function keyed(threshold: number, ...keys: (KeyID | undefined)[]): NotaryRequirement {
  return requires({ threshold, keys: new Set(keys.filter((key) => key !== undefined)) })
}

test('a role that cannot be used, and may have had the tag, lets no other one say what it means', (t) => {
  const expired = new IbuildError('TRUST_EXPIRED', 'targets/releases expired yesterday', { hint: 'Sign anew.' })
  const known = { ...collection(signed('targets', good)), unusable: new Map([[releases ?? 'targets', expired]]) }
  const verdict = judge(requires(), subject, evidence(known))
  t.regex(
    told(verdict),
    /^TRUST_EXPIRED .*cannot be looked for in targets\/releases: targets\/releases expired yesterday/,
  )
  t.is(verdict.isAccepted ? undefined : refusalError(verdict).hint, 'Sign anew.')
  t.deepEqual(candidates(requires(), 'v1', evidence(known)), [])
  t.is(told(judge(requires({ roles: ['targets'] }), subject, evidence(known))), 'accepted')
})

test('what the server did not confirm is taken only where the policy says so, and not for longer', (t) => {
  const old = { ...collection(signed('targets', good)), isFresh: false, confirmedAt: 1000 }
  const by = (more: Partial<NotaryRequirement>): string => told(judge(requires(more), subject, evidence(old)))
  t.regex(by({}), /^TRUST_UNREACHABLE/)
  t.is(by({ unreachable: 'lastKnownGood' }), 'accepted')
  t.is(by({ unreachable: 'lastKnownGood', maxAge: 4000 }), 'accepted')
  t.regex(by({ unreachable: 'lastKnownGood', maxAge: 3999 }), /^TRUST_STALE .*1 minutes ago/)
  const ahead = { ...old, confirmedAt: 9000 }
  const verdict = judge(requires({ unreachable: 'lastKnownGood', maxAge: 4000 }), subject, evidence(ahead))
  t.regex(told(verdict), /^TRUST_STALE .*still to come/)
})

test('what failed when it was looked for is the reason, and what nobody looked for is not signed', (t) => {
  const failure = new IbuildError('TRUST_ROLLBACK', 'version 1 after 5', { hint: 'Ask.' })
  t.is(told(judge(requires(), subject, evidence({ failure }))), 'TRUST_ROLLBACK version 1 after 5')
  t.regex(told(judge(requires(), subject, evidence(undefined))), /^TRUST_NOT_SIGNED .*no signatures were looked for/)
  t.regex(told(judge(cosign(1), subject, evidence(undefined, { failure }))), /^TRUST_ROLLBACK/)
  t.regex(told(judge(cosign(1), subject, evidence(undefined))), /^TRUST_NOT_SIGNED/)
})

const cosignKeys = [newKey('ecdsa'), newKey('ed25519')].map(({ key }) => key)
const [c1, c2] = cosignKeys.map(({ canonicalID }) => canonicalID)

function cosign(threshold: number): CosignRequirement {
  return { kind: 'cosign', keys: cosignKeys, threshold }
}

const byCosign: readonly [threshold: number, signers: (KeyID | undefined)[], expected: RegExp][] = [
  [1, [], /^TRUST_NOT_SIGNED .*0 of the 2 cosign keys that the policy names signed sha256:\w+, and 1 must have/],
  [1, [c1], /^accepted/],
  [2, [c1], /^TRUST_SIGNERS/],
  [2, [c1, c2], /^accepted/],
  [1, [k1], /^TRUST_NOT_SIGNED/],
  [0, [], /^TRUST_NOT_SIGNED/],
]
for (const [threshold, keys, expected] of byCosign)
  test(`cosign: ${keys.length} keys for a threshold of ${threshold}, ${expected.source.slice(1, 12)}`, (t) => {
    const signers = new Set(keys.filter((key) => key !== undefined))
    t.regex(told(judge(cosign(threshold), subject, evidence(undefined, { signers }))), expected)
  })

test('anyOf takes the first that accepts, allOf needs all, and reasons of all are told', (t) => {
  const both = (kind: 'anyOf' | 'allOf'): Requirement => ({ kind, of: [requires(), cosign(1)] })
  const [signers, nobody] = [new Set(c1 === undefined ? [] : [c1]), new Set<KeyID>()]
  const known = collection(signed('targets', good))
  t.is(told(judge(both('anyOf'), subject, evidence(known, { signers: nobody }))), 'accepted')
  t.is(told(judge(both('anyOf'), subject, evidence(collection(), { signers }))), 'accepted')
  t.regex(
    told(judge(both('anyOf'), subject, evidence(collection(), { signers: nobody }))),
    /is not signed by .*; .*cosign keys/,
  )
  t.regex(told(judge(both('allOf'), subject, evidence(known, { signers: nobody }))), /cosign keys/)
  t.regex(told(judge(both('allOf'), subject, evidence(collection(), { signers }))), /is not signed by/)
  const verdict = judge(both('allOf'), subject, evidence(known, { signers }))
  t.deepEqual(verdict, { isAccepted: true, size: 100, by: ['targets', `the cosign key ${c1?.slice(0, 12)}`] })
})

test('two collections that signed different lengths of one content contradict each other', (t) => {
  const [one, two] = [requires(), requires({ server: 'https://other.example.com' })]
  const found = new Map([
    [one, collection(signed('targets', good))],
    [two, collection(signed('targets', good, { length: 7 }))],
  ])
  const known: Evidence = { ...evidence(undefined), notary: (requirement) => found.get(requirement) }
  const verdict = judge({ kind: 'allOf', of: [one, two] }, { ...subject, size: undefined }, known)
  t.regex(told(verdict), /^TRUST_CONTENT .*different lengths/)
})

test('a tag is looked up in collections; only where none has to say so is it left to the registry', (t) => {
  const known = evidence(collection(signed('targets', good), signed(releases, other)))
  t.deepEqual(candidates(requires(), 'v1', known), [other])
  t.deepEqual(candidates(requires({ roles: ['targets'] }), 'v1', known), [good])
  const both = { kind: 'anyOf', of: [requires({ roles: ['targets'] }), requires()] } as const
  t.deepEqual(candidates(both, 'v1', known), [good, other])
  t.deepEqual(candidates(requires(), 'v2', known), [])
  t.true(leavesTagToRegistry(cosign(1)))
  t.false(leavesTagToRegistry(requires()))
  t.true(leavesTagToRegistry({ kind: 'anyOf', of: [requires(), cosign(1)] }))
  t.false(leavesTagToRegistry({ kind: 'allOf', of: [requires(), cosign(1)] }))
})
