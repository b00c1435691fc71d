import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { findProgram, peersFolder } from '../e2e/testing/programs.ts'
import { debianArch, install } from './apt.ts'

/** A Go program that the tests use beside ours, at one version. */
interface GoPeer {
  readonly module: string
  readonly version: string
  /** Packages below the module by the name that their program gets here; Go names it after the last part. */
  readonly programs: Readonly<Record<string, string>>
}

const goPeers: readonly GoPeer[] = [
  {
    module: 'github.com/moby/buildkit',
    version: 'v0.18.2',
    programs: { buildkitd: 'cmd/buildkitd', buildctl: 'cmd/buildctl' },
  },
  {
    module: 'github.com/distribution/distribution/v3',
    version: 'v3.1.1',
    programs: { distribution: 'cmd/registry' },
  },
  { module: 'github.com/google/go-containerregistry', version: 'v0.22.1', programs: { crane: 'cmd/crane' } },
  { module: 'github.com/regclient/regclient', version: 'v0.11.7', programs: { regctl: 'cmd/regctl' } },
  { module: 'github.com/sigstore/cosign/v3', version: 'v3.1.3', programs: { cosign: 'cmd/cosign' } },
]

/** The toolchain that builds them where Go is missing or too old; Go's own module, so its checksum database vouches for it. */
const toolchain = `golang.org/toolchain@v0.0.1-go1.26.11.linux-${debianArch}`
const oldestGo = 26

/** Builds the Go programs into the peers folder, which outlives clones; what is there at the right version stays. */
export function buildPeers(): void {
  for (const peer of goPeers) {
    const names = Object.keys(peer.programs)
    if (names.every((name) => isVersion(join(peersFolder(), name), peer))) continue
    console.log(`setup: building ${names.join(' and ')} ${peer.version} (a few minutes, once)`)
    mkdirSync(peersFolder(), { recursive: true })
    buildPeer(peer)
  }
}

/** Builds beside the peers folder: what lies in it is whole, and no other program of the same name is overwritten. */
function buildPeer({ module, version, programs }: GoPeer): void {
  const built = mkdtempSync(join(peersFolder(), '../build-'))
  try {
    const packages = Object.values(programs).map((path) => `${module}/${path}@${version}`)
    go(findGo(), ['install', '-ldflags=-s -w', ...packages], { GOBIN: built })
    for (const [name, path] of Object.entries(programs))
      renameSync(join(built, basename(path)), join(peersFolder(), name))
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
}

/** Go writes the module and its version into every program. */
function isVersion(program: string, { module, version }: GoPeer): boolean {
  return existsSync(program) && readFileSync(program).includes(`mod\t${module}\t${version}\t`)
}

function findGo(): string {
  const found = findProgram('go') ?? ['/usr/local/go/bin/go', '/usr/lib/go/bin/go'].find((path) => existsSync(path))
  if (found !== undefined && minorOf(found) >= oldestGo) return found
  if (found === undefined) install(['golang-go', 'ca-certificates'])
  return fetchToolchain(found ?? 'go')
}

function minorOf(go: string): number {
  const text = execFileSync(go, ['version'], { encoding: 'utf8' })
  return Number(/go1\.(\d+)/.exec(text)?.[1] ?? 0)
}

/** An old Go downloads the newer one like any module; only the execute bits are missing then. */
function fetchToolchain(old: string): string {
  const json = go(old, ['mod', 'download', '-json', toolchain], {})
  const { Dir: folder } = JSON.parse(json) as { Dir: string }
  for (const tools of ['bin', `pkg/tool/linux_${debianArch}`]) {
    chmodSync(join(folder, tools), 0o755)
    for (const file of readdirSync(join(folder, tools))) chmodSync(join(folder, tools, file), 0o755)
  }
  return join(folder, 'bin/go')
}

function go(program: string, args: readonly string[], env: Readonly<Record<string, string>>): string {
  return execFileSync(program, args, {
    cwd: peersFolder(),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0', ...env },
  })
}
