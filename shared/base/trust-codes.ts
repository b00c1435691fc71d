/** What the catalogue of error codes has of a code. */
export interface CodeEntry {
  readonly exit: 1 | 2 | 3
  readonly about: string
  readonly hint?: string
}

/** Of the catalogue in error-codes.ts, the codes of trusted collections and their keys. */
export const trustCodes = {
  // trusted collections
  AUDIT_BROKEN: {
    exit: 1,
    about:
      'The log of who changed what, in the notary or by retention, is not what was written: entries were changed or removed.',
    hint: 'Compare it with a backup: somebody who can write the data changed it, or the disk is damaged.',
  },
  GUN_INVALID: {
    exit: 2,
    about: 'A name of a collection is not that of a repository.',
    hint: 'Write it as host[:port]/path, as in docker push.',
  },
  KEY_INVALID: {
    exit: 1,
    about: 'A key or certificate cannot be read, is of a kind that is not used, or too weak.',
    hint: 'Use ECDSA on P-256, P-384 or P-521, Ed25519, or RSA of 2048 bits or more.',
  },
  METADATA_INVALID: { exit: 1, about: 'Metadata of a collection is malformed: no parser may read it as it likes.' },
  ROLE_INVALID: {
    exit: 2,
    about: 'A name of a role is none of root, targets, snapshot, timestamp and targets/NAME.',
  },
  // private keys
  KEY_NOT_FOUND: {
    exit: 1,
    about: 'A private key is not in the key store.',
    hint: 'See ibuild trust key list, and ibuild trust key import.',
  },
  PASSPHRASE_MISSING: {
    exit: 1,
    about: 'The passphrase of a private key is not known, and nobody can be asked for it.',
    hint: 'Set DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE or DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE, name a file with --passphrase-file, or use a terminal.',
  },
  PASSPHRASE_WRONG: {
    exit: 1,
    about: 'A passphrase does not unlock the private key that it was given for.',
    hint: 'Variables such as DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE come before --passphrase-file, and both before the terminal.',
  },
  SIGNER_INVALID: {
    exit: 1,
    about: 'What locks the keys of the notary server cannot be read or is not the one that locked them.',
    hint: 'Put back the key file or the passphrase that the server was started with; nothing was changed.',
  },
  SIGNER_KEY_UNKNOWN: { exit: 1, about: 'The signer of the notary server does not hold a key.' },
  SIGNER_UNAVAILABLE: {
    exit: 1,
    about: 'The signer of the notary server cannot be reached, does not answer in time, or has an error of its own.',
    hint: 'See that ibuild notary signer serve runs, and its log.',
  },
  // trust
  TRUST_CACHE_INVALID: {
    exit: 3,
    about:
      'What is remembered of a trusted collection is damaged, so that nothing tells whether a server shows an old one.',
    hint: 'Compare the root keys with those of whoever signs, and remove the folder that is named: then the collection is met anew.',
  },
  TRUST_CHANGE_INVALID: {
    exit: 1,
    about: 'A change does not fit a trusted collection as it is.',
    hint: 'See ibuild trust inspect for what the collection has.',
  },
  TRUST_CHANGED: {
    exit: 3,
    about: 'A server has two different files of metadata under one version.',
    hint: 'Somebody may be showing different things to different people: ask those who run the trust server.',
  },
  TRUST_CONFLICT: {
    exit: 1,
    about: 'Others published a trusted collection at the same time, again and again.',
    hint: 'Nothing was published from here. Run the command again.',
  },
  TRUST_CONTENT: {
    exit: 3,
    about: 'Content is not what was signed under the name.',
    hint: 'The registry may have been tampered with: do not use the image, and tell those who run it.',
  },
  TRUST_DENIED: {
    exit: 3,
    about: 'A trust server does not let us in, or not do what was asked, with the credentials that there are.',
    hint: 'Log in with ibuild login HOST.',
  },
  TRUST_EXISTS: { exit: 1, about: 'A trust server has a trusted collection of that name already.' },
  TRUST_EXPIRED: {
    exit: 3,
    about: 'Metadata of a trusted collection is over its time.',
    hint: 'Whoever signs has to sign anew; for a timestamp those who run the trust server. Look at the clock here, too.',
  },
  TRUST_INCOMPLETE: {
    exit: 1,
    about: 'The keys that are here do not suffice to sign what is to be published.',
    hint: 'Write it to a file with --pending FILE, and let others sign that.',
  },
  TRUST_METADATA_INVALID: {
    exit: 3,
    about: 'Metadata of a trusted collection is malformed.',
    hint: 'What answers may be no trust server: see DOCKER_CONTENT_TRUST_SERVER. If it is one, tell those who run it.',
  },
  TRUST_MISMATCH: {
    exit: 3,
    about:
      'A file of metadata is not the one that another file promises: another length, hash or version, or none at all.',
    hint: 'Try again; if it stays, the trust server is damaged or shows parts of different collections.',
  },
  TRUST_NOT_SIGNED: {
    exit: 3,
    about: 'A trusted collection has nothing under a name.',
    hint: 'Whoever may sign does so with ibuild trust sign.',
  },
  TRUST_NO_DATA: {
    exit: 3,
    about: 'A trust server has no trusted collection of a name.',
    hint: 'Nothing was signed under that name, or another server has it: see DOCKER_CONTENT_TRUST_SERVER.',
  },
  TRUST_PENDING_INVALID: {
    exit: 1,
    about: 'A file of what is to be published is malformed, or was made for another state of the collection.',
    hint: 'Begin again with the command that wrote it.',
  },
  TRUST_PIN: {
    exit: 3,
    about:
      'The root of a trusted collection is not by the keys or authorities that are pinned, or its certificate is not for the name.',
    hint: 'Compare the root keys with those of whoever signs before any other is pinned.',
  },
  TRUST_POLICY: {
    exit: 3,
    about: 'The policy lets no image of a name in, however it is signed.',
    hint: 'Give the name a rule of its own in the policy if its images are to be used.',
  },
  TRUST_POLICY_INVALID: {
    exit: 1,
    about: 'The policy that says what must be signed by whom is malformed.',
    hint: 'See docs/trust-policy.md.',
  },
  TRUST_REJECTED: { exit: 1, about: 'A trust server refuses what was to be published.' },
  TRUST_ROLE_GONE: {
    exit: 3,
    about: 'A trusted collection lacks a role that it had, though nobody who signs took it away.',
    hint: 'The trust server may be hiding what was signed: ask those who run it.',
  },
  TRUST_ROLLBACK: {
    exit: 3,
    about: 'A server shows an older trusted collection than was seen before.',
    hint: 'The trust server was set back, or somebody shows what was signed long ago: ask those who run it.',
  },
  TRUST_ROOT_CHANGED: {
    exit: 3,
    about: 'The keys of a trusted collection were changed without the signatures of those that were trusted.',
    hint: 'Ask whoever signs whether the keys were made anew, and compare them, before the old ones are forgotten.',
  },
  TRUST_SIGNATURES: {
    exit: 3,
    about: 'Metadata of a trusted collection does not have enough signatures of the keys that may sign it.',
    hint: 'Somebody else signed it, or it was changed: do not use the image before whoever signs knows of it.',
  },
  TRUST_SIGNERS: {
    exit: 3,
    about: 'An image is signed, but not by those whom the policy names, or by too few of them.',
    hint: 'Ask the signers that are missing to sign it, or see who did: ibuild trust inspect NAME.',
  },
  TRUST_STALE: {
    exit: 3,
    about: 'What is remembered of a trusted collection was confirmed longer ago than the policy allows.',
    hint: 'Try again when its trust server can be reached.',
  },
  TRUST_TOO_LARGE: {
    exit: 3,
    about: 'Metadata of a trusted collection is larger or has more parts than is taken.',
    hint: 'Ask whoever signs, or those who run the trust server, what all of it is for.',
  },
  TRUST_UNREACHABLE: {
    exit: 3,
    about: 'A trust server cannot be reached, is not trusted, or has an error of its own.',
    hint: 'Try again later; DOCKER_CONTENT_TRUST_SERVER names the trust server that is asked.',
  },
} as const satisfies Record<string, CodeEntry>
