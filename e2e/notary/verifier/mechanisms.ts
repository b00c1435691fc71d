interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
  /** The tests that miss it, below `notary/verifier/attacks`. */
  readonly tests: string
  /** Their titles. */
  readonly match: string
}

/** What holds up attacks on trusted collections, each with an edit that takes it away. */
export const mechanisms = {
  'persist only what was verified': {
    file: 'notary/verifier/look.ts',
    from: 'const timestamp = accept(',
    to: "progress.files.set('timestamp', (await timestampFile) ?? Buffer.of()); const timestamp = accept(",
    tests: 'broken-files',
    match: 'timestamp: * cached client',
  },
  'no memory of a first contact that failed': {
    file: 'notary/verifier/keep.ts',
    from: 'if (remembered === undefined || anchored === undefined) return\n',
    to: 'if (anchored === undefined) return\n',
    tests: 'broken-files',
    match: 'targets: * fresh client',
  },
  'the count of signatures': {
    file: 'notary/tuf/verify.ts',
    from: 'Math.max(0, role.threshold - signers.size)',
    to: '0',
    tests: 'roots',
    match: '*two signatures are wanted, there is*',
  },
  'one key counts once': {
    file: 'notary/tuf/verify.ts',
    from: 'signers.add(key.canonicalID)',
    to: 'signers.add(key.id)',
    tests: 'roots',
    match: 'root: one key in two certificates counts once',
  },
  'the length of files': {
    file: 'notary/verifier/accept.ts',
    from: 'bytes.byteLength !== promised.length',
    to: 'bytes.byteLength < 0',
    tests: 'mixed-files',
    match: '*another length is promised*',
  },
  'the hash of files': {
    file: 'notary/verifier/accept.ts',
    from: 'const problem = fileProblem(bytes, promised)',
    to: 'const problem: string | undefined = undefined',
    tests: 'mixed-files',
    match: '*other bytes of the same length*',
  },
  'no older version': {
    file: 'notary/verifier/accept.ts',
    from: 'if (version < known)',
    to: 'if (version < 0)',
    tests: 'old-files',
    match: '*behind newer files*',
  },
  'no other content under the same version': {
    file: 'notary/verifier/accept.ts',
    from: '!metadata.canonical.equals(last.canonical)',
    to: 'version < 0',
    tests: 'old-files',
    match: '*behind newer files*',
  },
  'the time of files': {
    file: 'notary/verifier/accept.ts',
    from: 'metadata.signed.expires <= judge.now',
    to: 'metadata.signed.expires <= 0',
    tests: 'broken-files',
    match: '*expired*',
  },
  'the keys before a rotation': {
    file: 'notary/verifier/root.ts',
    from: 'const { signers, missing } = verifySignatures(next, before, keys)',
    to: 'const missing: number = 0; const { signers } = verifySignatures(next, before, keys)',
    tests: 'roots',
    match: '*not signed by the old one*',
  },
  'delegations that were listed': {
    file: 'notary/verifier/delegations.ts',
    from: 'requireListed(level, options)\n',
    to: '\n',
    tests: 'mixed-files',
    match: '*dropped by whoever signs the snapshot*',
  },
  'what is pinned': {
    file: 'notary/verifier/root-chain.ts',
    from: 'if (problem !== undefined) return { root: await climbTo',
    to: 'if (problem === undefined) return { root: await climbTo',
    tests: 'pinning',
    match: 'a root key that is pinned by*',
  },
} as const satisfies Readonly<Record<string, Edit>>

export type Mechanism = keyof typeof mechanisms
