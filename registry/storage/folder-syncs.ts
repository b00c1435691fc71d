/** Makes the names in folders durable. */
export interface FolderSyncs {
  /** Resolves when all names that are in the folder now are durable. */
  sync(folder: string): Promise<void>
}

interface Syncs {
  running: Promise<void>
  next: Promise<void> | undefined
}

/**
 * Syncs folders with `syncFolder`. Those who ask while a sync of the same folder is running share the next one, since the
 * running one may have begun before their name was there. Whoever shared a sync that failed is told so, and so are those who
 * waited: their names may be among what was lost, which the system tells once.
 */
export function createFolderSyncs(syncFolder: (folder: string) => Promise<void>): FolderSyncs {
  const folders = new Map<string, Syncs>()

  const start = async (folder: string): Promise<void> => {
    const syncs: Syncs = { running: syncFolder(folder), next: undefined }
    folders.set(folder, syncs)
    try {
      await syncs.running
    } finally {
      if (syncs.next === undefined) folders.delete(folder)
    }
  }

  return {
    sync: async (folder) => {
      const syncs = folders.get(folder)
      if (syncs === undefined) return start(folder)
      syncs.next ??= syncs.running.then(
        async () => start(folder),
        (error: unknown) => {
          folders.delete(folder)
          throw error
        },
      )
      return syncs.next
    },
  }
}
