import type { Publisher, PublishTarget, RemoteImages } from '../../builder/ports.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { lazyImages } from './lazy-images.ts'

/** Registries as a build sees them: one client for what comes and what goes. */
export interface Registries {
  readonly images: RemoteImages
  readonly publisher: Publisher
  readonly client: () => Promise<RegistryClient>
  /** Closes the client if there is one; that it could not be opened was told to who asked. */
  close(): Promise<void>
}

/** The client is opened, and its code loaded, when a registry is asked for something: a build that needs none pays nothing. */
export function lazyRegistries(open: () => Promise<RegistryClient>): Registries {
  let opened: Promise<RegistryClient> | undefined
  const once = (): Promise<RegistryClient> => {
    opened ??= open()
    return opened
  }
  return {
    images: lazyImages(once),
    client: once,
    publisher: { repository: (name) => lazyTarget(async () => (await once()).repository(name)) },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  }
}

function lazyTarget(target: () => Promise<PublishTarget>): PublishTarget {
  return {
    checkPush: async (...args) => (await target()).checkPush(...args),
    hasBlob: async (...args) => (await target()).hasBlob(...args),
    mount: async (...args) => (await target()).mount(...args),
    pushBlob: async (...args) => (await target()).pushBlob(...args),
    pushStream: async (...args) => (await target()).pushStream(...args),
    putManifest: async (...args) => (await target()).putManifest(...args),
  }
}
