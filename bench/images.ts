import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { makeBaseImages } from '../e2e/differential/base.ts'
import { peersFolder } from '../e2e/testing/programs.ts'
import { runOk } from '../e2e/testing/run.ts'
import type { BaseImage } from './contender.ts'

/** Where downloads stay between runs: outside the repository. */
const cacheFolder = join(dirname(peersFolder()), 'bench')

/** A small root filesystem around a static busybox. */
export async function busyboxImage(directory: string): Promise<BaseImage> {
  const base = await makeBaseImages(join(directory, 'bases'))
  return { name: 'busybox', archive: base.archive('busybox') }
}

/** What row B3 installs. */
export const packages = ['python3', 'git', 'curl']

export interface Debian {
  readonly image: BaseImage
  /** A folder with the packages of B3 and all they need, and the index that apt reads. */
  readonly mirror: string
}

/** A minimal Debian and the packages of B3, downloaded once. Needs mmdebstrap and, the first time, network. */
export async function debian(): Promise<Debian> {
  const folder = join(cacheFolder, 'debian-1')
  if (!existsSync(folder)) await makeDebian(folder)
  return { image: { name: 'debian-minimal', archive: join(folder, 'image.tar') }, mirror: join(folder, 'mirror') }
}

async function makeDebian(folder: string): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true })
  const draft = mkdtempSync(join(cacheFolder, 'draft-'))
  const [rootfs, mirror] = [join(draft, 'rootfs.tar'), join(draft, 'mirror')]
  mkdirSync(mirror)
  const install = `chroot "$1" apt-get install -y --no-install-recommends --download-only ${packages.join(' ')}`
  const hooks = [install, `cp "$1"/var/cache/apt/archives/*.deb '${mirror}'`].map((hook) => `--customize-hook=${hook}`)
  await runOk('mmdebstrap', ['--variant=minbase', ...hooks, 'bookworm', rootfs], { timeout: 600_000 })
  writeFileSync(join(mirror, 'Packages'), (await Promise.all(debs(mirror).map(packageEntry))).join('\n'))
  await writeOciArchive(rootfs, join(draft, 'image.tar'))
  rmSync(rootfs)
  renameSync(draft, folder)
}

function debs(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.deb'))
  return names.sort().map((name) => join(folder, name))
}

/** What apt's index says of one package: its own control fields, and where its file is. */
async function packageEntry(deb: string): Promise<string> {
  const { stdout } = await runOk('dpkg-deb', ['--field', deb])
  const more = [`Filename: ./${basename(deb)}`, `Size: ${statSync(deb).size}`, `SHA256: ${await sha256Of(deb)}`]
  return `${[stdout.trim(), ...more].join('\n')}\n`
}

/** Wraps one uncompressed layer as an OCI archive named `debian-minimal`. */
async function writeOciArchive(layer: string, archive: string): Promise<void> {
  const layout = mkdtempSync(join(tmpdir(), 'ibuild-bench-'))
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })
  const digest = await sha256Of(layer)
  symlinkSync(layer, join(layout, 'blobs/sha256', digest))
  const put = (mediaType: string, value: object): object => {
    const text = JSON.stringify(value)
    const hex = createHash('sha256').update(text).digest('hex')
    writeFileSync(join(layout, 'blobs/sha256', hex), text)
    return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) }
  }
  const oci = 'application/vnd.oci.image'
  const config = put(`${oci}.config.v1+json`, {
    architecture: { x64: 'amd64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    config: { Cmd: ['bash'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest}`] },
    history: [{ created_by: 'mmdebstrap' }],
  })
  const layers = [{ mediaType: `${oci}.layer.v1.tar`, digest: `sha256:${digest}`, size: statSync(layer).size }]
  const manifest = put(`${oci}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config,
    layers,
  })
  const annotations = {
    'io.containerd.image.name': 'docker.io/library/debian-minimal:latest',
    'org.opencontainers.image.ref.name': 'latest',
  }
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  writeFileSync(
    join(layout, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
  )
  await runOk('tar', ['-chf', archive, '-C', layout, 'oci-layout', 'index.json', 'blobs'])
  rmSync(layout, { recursive: true })
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer)
  return hash.digest('hex')
}
