/** What of the data folder goes into a backup; each thing that keeps something there has an entry here, or in {@link leftOut}. */
export interface BackupPart {
  /** Below the data folder. */
  readonly path: string
  /**
   * `rows` and `blobs`: as the metadata say. `tree`: a folder of small files with all that is below it. `files`: the small
   * files that lie directly in a folder.
   */
  readonly kind: 'rows' | 'blobs' | 'tree' | 'files'
  readonly about: string
}

export const backupParts: readonly BackupPart[] = [
  { path: 'registry/metadata', kind: 'rows', about: 'repositories, tags and their history, settings, events' },
  { path: 'registry/blobs', kind: 'blobs', about: 'layers, configs and manifests' },
  { path: 'registry/tls', kind: 'tree', about: 'the own CA and certificate, with their keys' },
  { path: 'registry/token-keys', kind: 'tree', about: 'keys that tokens and uploads are signed with' },
  { path: 'registry', kind: 'files', about: 'htpasswd, and what else an operator keeps there' },
]

/** What of the data folder no backup has, and why. */
export const leftOut: readonly { readonly path: string; readonly why: string }[] = [
  { path: 'registry/uploads', why: 'uploads that go on: their clients begin anew' },
  { path: 'registry/aside', why: 'damaged bytes, which nothing reads' },
  { path: 'registry/admin.sock', why: 'a socket' },
]
