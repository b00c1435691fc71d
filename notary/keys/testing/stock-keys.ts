import { readFileSync } from 'node:fs'

/** The passphrase of all of them. */
export const stockPassphrase = 'correct-horse'

/** What stock clients wrote: `root.key` and `releases.key` by notary 0.7, `bob.key` and `bob.pub` by docker 28. */
export function stockFile(name: 'root.key' | 'releases.key' | 'bob.key' | 'bob.pub'): string {
  return readFileSync(new URL(`../../../testdata/notary/keys/${name}`, import.meta.url), 'utf8')
}

/** Canonical IDs by which the clients knew them. */
export const stockIDs: Readonly<Record<'root.key' | 'releases.key' | 'bob.key', string>> = {
  'root.key': 'd131e67aec149e9b17e9aa432e77138b6ef6be232732609026b89f93f7bf6831',
  'releases.key': 'f95da5ff4036c352ffef838f2fd106615eaf14b8cbd32c132ed19d66ecc3cafa',
  'bob.key': '81a9476f80c1e108834d2ca11bc272ca47628b32f57db18e3284d6f41fbc712c',
}
