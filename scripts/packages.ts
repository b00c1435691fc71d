/** A Debian package, and the program by which one sees that it, or its like of another distribution, is there. */
export interface SystemPackage {
  readonly name: string
  readonly program: string
}

const demo: readonly SystemPackage[] = [
  { name: 'runc', program: 'runc' },
  { name: 'crun', program: 'crun' },
  { name: 'busybox-static', program: 'busybox' },
  { name: 'skopeo', program: 'skopeo' },
]

const tests: readonly SystemPackage[] = [
  ...demo,
  { name: 'gcc', program: 'gcc' },
  { name: 'libc6-dev', program: 'gcc' },
  { name: 'strace', program: 'strace' },
  { name: 'uidmap', program: 'newuidmap' },
  { name: 'umoci', program: 'umoci' },
  { name: 'util-linux', program: 'setpriv' },
]

const peers: readonly SystemPackage[] = [
  ...tests,
  { name: 'buildah', program: 'buildah' },
  { name: 'bzip2', program: 'bzip2' },
  { name: 'docker.io', program: 'dockerd' },
  { name: 'fuse-overlayfs', program: 'fuse-overlayfs' },
  { name: 'hyperfine', program: 'hyperfine' },
  { name: 'mmdebstrap', program: 'mmdebstrap' },
  { name: 'podman', program: 'podman' },
  { name: 'python3', program: 'python3' },
  { name: 'xz-utils', program: 'xz' },
  { name: 'zstd', program: 'zstd' },
]

/** What each profile needs of the system: the demo, `npm test`, and the tests beside other tools. */
export const profiles = { demo, test: tests, peers }

export type Profile = keyof typeof profiles

export function isProfile(name: string): name is Profile {
  return Object.hasOwn(profiles, name)
}
