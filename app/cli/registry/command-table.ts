import type { CommandTable } from '../command-group.ts'

/** What comes after `ibuild registry`, each loaded only when it is asked for. */
export const registryCommands: CommandTable = {
  serve: { summary: 'serve the registry, and nothing else', load: () => import('./serve.ts') },
  status: { summary: 'show the server, open uploads and space on the disk', load: () => import('./status.ts') },
  reload: { summary: 'let the server read its configuration again', load: () => import('./reload.ts') },
  'read-only': { summary: 'refuse all that writes, or no longer', load: () => import('./read-only.ts') },
  uploads: { summary: 'list uploads that are open, or end some', load: () => import('./uploads.ts') },
  user: { summary: 'keep the accounts that may log in', load: () => import('./user.ts') },
  token: { summary: 'make another key for tokens', load: () => import('./token.ts') },
  gc: { summary: 'show or run garbage collection, or explain what it keeps', load: () => import('./gc.ts') },
  history: { summary: 'show what a tag led to', load: () => import('./history.ts') },
  rollback: { summary: 'set a tag back to what it led to', load: () => import('./rollback.ts') },
  backup: { summary: 'copy all that registry and notary have, while they are used', load: () => import('./backup.ts') },
  restore: { summary: 'make a data folder of a backup', load: () => import('./restore.ts') },
  doctor: { summary: 'try out all that a registry needs', load: () => import('./doctor.ts') },
  fsck: { summary: 'check the stored registry, and repair it', load: () => import('./fsck.ts') },
  scrub: { summary: 'show how far it is that all is read again, or begin', load: () => import('./scrub.ts') },
  export: { summary: 'write repositories as OCI image layouts', load: () => import('./export.ts') },
  adopt: { summary: 'take over the storage of a docker-registry', load: () => import('./adopt.ts') },
  events: { summary: 'show who is told of events, list them, or tell them again', load: () => import('./events.ts') },
}
