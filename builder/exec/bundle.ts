import fs from 'node:fs'
import { type ConfigInput, runtimeConfig } from './config-json.ts'
import { hostResolvConf, hostsFile, resolvConf } from './etc-files.ts'
import { MergedView } from './merged-view.ts'
import { copyMetadata, type MountPoint, makeStubLayer } from './stub-layer.ts'
import type { RunRequest } from './types.ts'

/** What was made in the scratch folder of a request. */
export interface Bundle {
  /** Folder with config.json. */
  readonly folder: string
  /** Where the root filesystem is to be mounted. */
  readonly rootfs: string
  /** The request's lowers, and on top the stub layer when there is one. */
  readonly lowers: readonly string[]
  readonly work: string
  /** The runtime's folder for its state. */
  readonly state: string
  /** Where the runtime writes what went wrong. */
  readonly log: string
}

/** What a container is set up with beside what its request says. */
export type Surroundings = Omit<ConfigInput, 'request' | 'rootfs' | 'files'> & {
  /** Name server of the container's own network. */
  readonly nameServer: string | undefined
}

/**
 * Writes all that the runtime needs into the empty folder `request.scratch`, and gives the upper folder the metadata of
 * the root directory below it: in overlayfs the upper's counts.
 */
export function makeBundle(request: RunRequest, surroundings: Surroundings): Bundle {
  const { scratch } = request
  const bundle = placesIn(scratch)
  for (const folder of [bundle.folder, bundle.rootfs, bundle.work]) fs.mkdirSync(folder, { mode: 0o700 })
  const view = new MergedView(request.lowers)
  const files = writeFiles(request, surroundings.nameServer)
  const stubs = `${scratch}/stubs`
  const hasStubs = makeStubLayer(view, mountPointsFor(files), stubs)
  makeRoot(view, request.upper)
  const config = runtimeConfig({ ...surroundings, request, rootfs: bundle.rootfs, files })
  fs.writeFileSync(`${bundle.folder}/config.json`, JSON.stringify(config))
  return { ...bundle, lowers: hasStubs ? [...request.lowers, stubs] : request.lowers }
}

function placesIn(scratch: string): Omit<Bundle, 'lowers'> {
  const at = (name: string): string => `${scratch}/${name}`
  return { folder: at('bundle'), rootfs: at('rootfs'), work: at('work'), state: at('state'), log: at('log') }
}

function makeRoot(view: MergedView, upper: string): void {
  if (view.root.parts.length > 0) copyMetadata(view.root.hostPath, upper)
  else fs.chmodSync(upper, 0o755)
}

type HostFile = ConfigInput['files'][number]

function writeFiles(request: RunRequest, nameServer: string | undefined): HostFile[] {
  const hosts = hostsFile(request.hostname, request.extraHosts)
  const resolv = resolvConf(hostResolvConf(), request.network, nameServer)
  const wanted = [
    { path: '/etc/hosts', content: hosts, mode: 0o644 },
    { path: '/etc/resolv.conf', content: resolv, mode: 0o644 },
    ...request.files,
  ]
  return wanted.map(({ path, content, mode }, number) => {
    const source = `${request.scratch}/file-${number}`
    fs.writeFileSync(source, content)
    fs.chmodSync(source, mode)
    return { source, destination: path }
  })
}

/** Mount points inside of filesystems that the runtime mounts are made there by the runtime. */
function mountPointsFor(files: readonly HostFile[]): MountPoint[] {
  const folders: MountPoint[] = ['/proc', '/dev', '/sys'].map((path) => ({ path, kind: 'dir' }))
  const inImage = files.filter(({ destination }) => !/^\/+(?:proc|dev|sys)\//.test(destination))
  return [...folders, ...inImage.map(({ destination }): MountPoint => ({ path: destination, kind: 'file' }))]
}
