/** A change of one line. */
export interface Edit {
  readonly from: string
  readonly to: string
}

/** What is switched off in a server, to see that the soak misses it: edits of one file of the sources, as they are loaded. */
export const weaknesses = {
  /** What is leased is collected all the same. */
  leases: {
    file: 'registry/service/leases.ts',
    edits: [{ from: 'if (left(name, digest) > 0) return undefined', to: '' }],
  },
  /** Nobody waits for others who work on the same digest. */
  lock: {
    file: 'registry/service/digest-locks.ts',
    edits: [
      { from: 'all.then(work)', to: 'work()' },
      { from: 'alone.then(work)', to: 'work()' },
    ],
  },
} as const satisfies Readonly<Record<string, { readonly file: string; readonly edits: readonly Edit[] }>>

export type Weakness = keyof typeof weaknesses
