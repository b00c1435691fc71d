import { existsSync } from 'node:fs'
import { notaryLayout } from '../../notary/server/layout.ts'
import { signedContentIn } from '../../notary/service/signed-content.ts'
import { openTrustStore } from '../../notary/store/open-trust-store.ts'
import { askSigned, signedSocket } from './signed-socket.ts'
import { type SignedIn, signedHere } from './trust-roots.ts'

/** The collections of a data folder whose notary does not run in this process. */
export interface StoredCollections extends AsyncDisposable {
  /**
   * Asks the notary that runs in another process; where none does, opens them. Errors: SERVER_BUSY when another process has them
   * open that cannot be asked; STORE_INVALID.
   */
  readonly signedIn: SignedIn
}

interface Opened {
  readonly signedIn: SignedIn
  close(): Promise<void>
}

/** Milliseconds that they stay open after a question: whoever asks for many repositories asks at once, and a notary may want to start. */
const idleTime = 1000

export function storedCollections(root: string, onNotice: (notice: string) => void): StoredCollections {
  const { metadata: folder } = notaryLayout(root)
  const socket = signedSocket(root)
  const shared = whileUsed(async (): Promise<Opened> => {
    const store = await openTrustStore({ folder, onNotice })
    return { signedIn: signedHere(signedContentIn(store)), close: () => store.close() }
  })
  return {
    signedIn: async (name) => {
      if (!existsSync(folder)) return []
      const told = await askSigned(socket, name)
      return told ?? shared.use(({ signedIn }) => signedIn(name))
    },
    [Symbol.asyncDispose]: () => shared.close(),
  }
}

interface WhileUsed {
  use<T>(work: (opened: Opened) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Opens what is used, once for all who use it at a time, and closes it when nobody did for a while. */
function whileUsed(open: () => Promise<Opened>): WhileUsed {
  let opened: Promise<Opened> | undefined
  let closing = Promise.resolve()
  let users = 0
  let timer: NodeJS.Timeout | undefined
  const begin = (): Promise<Opened> => {
    const begun = closing.catch(() => undefined).then(open)
    begun.catch(() => {
      if (opened === begun) opened = undefined // whoever has it open may be gone the next time
    })
    return begun
  }
  const close = (): Promise<void> => {
    clearTimeout(timer)
    const known = opened
    opened = undefined
    if (known !== undefined) {
      closing = known.then(
        (each) => each.close(),
        () => undefined,
      )
    }
    return closing
  }
  return {
    close,
    async use(work) {
      clearTimeout(timer)
      users += 1
      opened ??= begin()
      try {
        return await work(await opened)
      } finally {
        users -= 1
        if (users === 0) timer = setTimeout(() => void close().catch(() => undefined), idleTime).unref()
      }
    },
  }
}
