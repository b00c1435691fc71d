import type { CommandModule } from './command-module.ts'

interface TableEntry {
  readonly summary: string
  readonly load: () => Promise<CommandModule>
}

/** Every command, each loaded only when it is asked for. */
export const commands: Readonly<Record<string, TableEntry>> = {
  build: {
    summary: 'build an image from a Dockerfile (the default command)',
    load: () => import('../commands/build.ts'),
  },
  images: { summary: 'list images', load: () => import('../commands/images.ts') },
  tag: { summary: 'give an image another name', load: () => import('../commands/tag.ts') },
  rmi: { summary: 'remove names and images', load: () => import('../commands/rmi.ts') },
  inspect: {
    summary: 'show an image, layer, record or blob as JSON or YAML',
    load: () => import('../commands/inspect.ts'),
  },
  history: { summary: 'show how an image was made', load: () => import('../commands/history.ts') },
  squash: { summary: 'merge layers of an image', load: () => import('../commands/squash.ts') },
  analyze: {
    summary: 'show what layers waste, and what to write instead',
    load: () => import('../commands/analyze.ts'),
  },
  pull: { summary: 'bring an image of a registry into the store', load: () => import('../commands/pull.ts') },
  push: { summary: 'send an image to a registry', load: () => import('../commands/push.ts') },
  copy: { summary: 'copy images from registry to registry', load: () => import('../commands/copy.ts') },
  delete: { summary: 'delete tags and manifests of a registry', load: () => import('../commands/delete.ts') },
  index: { summary: 'join images of several platforms under one name', load: () => import('../commands/index.ts') },
  login: { summary: 'log in to a registry', load: () => import('../commands/login.ts') },
  logout: { summary: 'forget the login for a registry', load: () => import('../commands/logout.ts') },
  search: { summary: 'list repositories and tags of a registry', load: () => import('../commands/search.ts') },
  save: { summary: 'write an image to an archive', load: () => import('../commands/save.ts') },
  load: { summary: 'read images from an archive or an OCI layout', load: () => import('../commands/load.ts') },
  export: { summary: 'write a root filesystem as one tar', load: () => import('../commands/export.ts') },
  import: { summary: 'make an image from a root filesystem tar', load: () => import('../commands/import.ts') },
  run: { summary: 'run a command in an image', load: () => import('../commands/run.ts') },
  containers: { summary: 'list containers: what commands left', load: () => import('../commands/containers.ts') },
  rm: { summary: 'remove containers', load: () => import('../commands/rm.ts') },
  diff: {
    summary: 'show what a container, a layer or another image changed',
    load: () => import('../commands/diff.ts'),
  },
  commit: { summary: 'make an image of a container', load: () => import('../commands/commit.ts') },
  du: { summary: 'show what takes how much of the disk', load: () => import('../commands/du.ts') },
  prune: { summary: 'remove what nothing needs', load: () => import('../commands/prune.ts') },
  gc: { summary: 'keep and remove by a policy, and take it back', load: () => import('../commands/gc.ts') },
  registry: {
    summary: 'serve the registry, and ask the one that runs',
    load: () => import('../commands/registry.ts'),
  },
  trust: { summary: 'sign images, and see who signed them', load: () => import('../commands/trust.ts') },
  notary: { summary: 'serve trusted collections, and look after them', load: () => import('../commands/notary.ts') },
  credentials: {
    summary: 'make certificates and secrets for services',
    load: () => import('../commands/credentials.ts'),
  },
  health: { summary: 'ask a server whether it is well', load: () => import('../commands/health.ts') },
  serve: { summary: 'serve a registry from the data folder', load: () => import('../commands/serve.ts') },
}
