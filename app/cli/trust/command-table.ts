import type { CommandTable } from '../command-group.ts'

/** What comes after `ibuild trust`, each loaded only when it is asked for. */
export const trustCommands: CommandTable = {
  sign: { summary: 'sign what tags lead to', load: () => import('./sign.ts') },
  verify: { summary: 'check whether a tag is signed, and what it means', load: () => import('./verify.ts') },
  inspect: { summary: 'show what is signed of an image, by whom', load: () => import('./inspect.ts') },
  revoke: { summary: 'take back the signature of a tag', load: () => import('./revoke.ts') },
  key: { summary: 'keep private keys: make, load, import, export, list', load: () => import('./key.ts') },
  signer: { summary: 'let others sign, or no more', load: () => import('./signer.ts') },
  delegation: { summary: 'keep roles with keys, paths and thresholds', load: () => import('./delegation.ts') },
  witness: { summary: 'sign what roles say again, as it is', load: () => import('./witness.ts') },
  pending: { summary: 'sign and publish what several must sign', load: () => import('./pending.ts') },
  init: { summary: 'make a collection without signatures', load: () => import('./init.ts') },
  rotate: { summary: 'give root, targets, snapshot or timestamp another key', load: () => import('./rotate.ts') },
  snapshot: { summary: 'let the server sign snapshots', load: () => import('./snapshot.ts') },
  delete: { summary: 'delete a collection from the trust server', load: () => import('./delete.ts') },
  forget: { summary: 'forget what was seen of a collection', load: () => import('./forget.ts') },
  setup: { summary: 'trust the certificates of a trust server', load: () => import('./setup.ts') },
}
