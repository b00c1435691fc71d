import type { RemoteImages } from '../../builder/ports.ts'
import type { RegistryClient } from '../../registry/client/types.ts'

/** Images of registries, over a client that is made when the first is asked for. */
export interface LazyImages extends RemoteImages {
  /** Closes the client if there is one; that it could not be opened was told to who asked. */
  close(): Promise<void>
}

export function lazyImages(open: () => Promise<RegistryClient>): LazyImages {
  let opened: Promise<{ readonly client: RegistryClient; readonly images: RemoteImages }> | undefined
  const load = async () => {
    const [{ remoteImages }, client] = await Promise.all([import('./remote-images.ts'), open()])
    return { client, images: remoteImages(client) }
  }
  const images = async (): Promise<RemoteImages> => (await (opened ??= load())).images
  return {
    find: async (reference, options) => (await images()).find(reference, options),
    async *content(repository, descriptor, options) {
      yield* (await images()).content(repository, descriptor, options)
    },
    close: async () => (await opened?.catch(() => undefined))?.client.close(),
  }
}

/** The same without an end: the client is closed whenever nothing is read any more. For commands that rarely need one. */
export function briefImages(open: () => Promise<RegistryClient>): RemoteImages {
  let images = lazyImages(open)
  let users = 0
  const leave = async (): Promise<void> => {
    if (--users > 0) return
    const idle = images
    images = lazyImages(open)
    await idle.close()
  }
  return {
    async find(reference, options) {
      users++
      try {
        return await images.find(reference, options)
      } finally {
        await leave()
      }
    },
    async *content(repository, descriptor, options) {
      users++
      try {
        yield* images.content(repository, descriptor, options)
      } finally {
        await leave()
      }
    },
  }
}
