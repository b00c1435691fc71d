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
  { name: 'attr', program: 'getfattr' },
  { name: 'bzip2', program: 'bzip2' },
  { name: 'curl', program: 'curl' },
  { name: 'gcc', program: 'gcc' },
  { name: 'libarchive-tools', program: 'bsdtar' },
  { name: 'libc6-dev', program: 'gcc' },
  { name: 'libcap2-bin', program: 'setcap' },
  { name: 'passt', program: 'pasta' },
  { name: 'python3', program: 'python3' },
  { name: 'slirp4netns', program: 'slirp4netns' },
  { name: 'strace', program: 'strace' },
  { name: 'uidmap', program: 'newuidmap' },
  { name: 'umoci', program: 'umoci' },
  { name: 'util-linux', program: 'setpriv' },
  { name: 'xz-utils', program: 'xz' },
  { name: 'zstd', program: 'zstd' },
]

const peers: readonly SystemPackage[] = [
  ...tests,
  { name: 'buildah', program: 'buildah' },
  { name: 'docker-compose', program: 'docker-compose' },
  { name: 'docker-registry', program: 'docker-registry' },
  { name: 'docker.io', program: 'dockerd' },
  { name: 'e2fsprogs', program: 'mkfs.ext4' },
  { name: 'fuse-overlayfs', program: 'fuse-overlayfs' },
  { name: 'hyperfine', program: 'hyperfine' },
  { name: 'iproute2', program: 'ip' },
  { name: 'mmdebstrap', program: 'mmdebstrap' },
  { name: 'nginx-light', program: 'nginx' },
  { name: 'notary', program: 'notary-server' },
  { name: 'openssl', program: 'openssl' },
  { name: 'podman', program: 'podman' },
  { name: 'time', program: 'time' },
]

/** What each profile needs of the system: the demo, `npm test`, and the tests beside other tools. */
export const profiles = { demo, test: tests, peers }

export type Profile = keyof typeof profiles

export function isProfile(name: string): name is Profile {
  return Object.hasOwn(profiles, name)
}
