import type { TrashKeeper } from '../../retention/ports.ts'

/** A trash that is asked before it is there. */
export interface LateTrash {
  /** Whoever asks waits until the trash is there. */
  readonly keeper: TrashKeeper
  /** Undefined: there is none, and nothing is kept. */
  settle(trash: TrashKeeper | undefined): void
}

export function lateTrash(): LateTrash {
  const { promise, resolve } = Promise.withResolvers<TrashKeeper>()
  return {
    keeper: {
      keeps: async (...asked) => (await promise).keeps(...asked),
      until: async (...asked) => (await promise).until(...asked),
    },
    settle: (trash = noTrash) => resolve(trash),
  }
}

const noTrash: TrashKeeper = { keeps: async () => new Set(), until: async () => undefined }
