import fs from 'node:fs'
import { configFile, rootfsFolder } from './bundle-folder.ts'
import { type ConfigInput, runtimeConfig } from './config-json.ts'
import { hostResolvConf, hostsFile, resolvConf } from './etc-files.ts'
import { MergedView } from './merged-view.ts'
import type { BundleFile } from './standby.ts'
import { copyMetadata, type MountPoint, makeStubLayer } from './stub-layer.ts'
import type { RunRequest } from './types.ts'

/** What a container is started with. */
export interface Bundle {
  /** The request's lowers, and on top the stub layer when there is one. */
  readonly lowers: readonly string[]
  readonly work: string
  /** The files of the bundle. */
  readonly files: readonly BundleFile[]
}

/** What a container is set up with beside what its request says. */
export type Surroundings = Omit<ConfigInput, 'request' | 'rootfs' | 'files'> & {
  /** Name server of the container's own network. */
  readonly nameServer: string | undefined
  /** Path of the bundle as the runtime sees it. */
  readonly bundleDir: string
}

/**
 * Makes what a runtime needs: files for the bundle; on disk, in the empty folder `request.scratch`, the stub layer and the
 * overlay's work folder. Gives the upper folder the metadata of the root directory below it: in overlayfs the upper's
 * counts.
 */
export function makeBundle(request: RunRequest, surroundings: Surroundings): Bundle {
  const { scratch } = request
  const { bundleDir } = surroundings
  const work = `${scratch}/work`
  fs.mkdirSync(work, { mode: 0o700 })
  const view = new MergedView(request.lowers)
  const shown = shownFiles(request, surroundings.nameServer)
  const stubs = `${scratch}/stubs`
  const hasStubs = makeStubLayer(view, mountPointsFor(shown), stubs)
  makeRoot(view, request.upper)
  const files = shown.map(({ path, name }) => ({ source: `${bundleDir}/${name}`, destination: path }))
  const config = runtimeConfig({ ...surroundings, request, rootfs: `${bundleDir}/${rootfsFolder}`, files })
  const configText = { name: configFile, content: JSON.stringify(config), mode: 0o600 }
  return { lowers: hasStubs ? [...request.lowers, stubs] : request.lowers, work, files: [...shown, configText] }
}

function makeRoot(view: MergedView, upper: string): void {
  if (view.root.parts.length > 0) copyMetadata(view.root.hostPath, upper)
  else fs.chmodSync(upper, 0o755)
}

interface ShownFile extends BundleFile {
  /** Where it is in the container. */
  readonly path: string
}

function shownFiles(request: RunRequest, nameServer: string | undefined): ShownFile[] {
  const hosts = hostsFile(request.hostname, request.extraHosts)
  const resolv = resolvConf(hostResolvConf(), request.network, nameServer)
  const wanted = [
    { path: '/etc/hosts', content: hosts, mode: 0o644 },
    { path: '/etc/resolv.conf', content: resolv, mode: 0o644 },
    ...request.files,
  ]
  return wanted.map((file, number) => ({ ...file, name: `file-${number}` }))
}

/** Mount points inside of filesystems that the runtime mounts are made there by the runtime. */
function mountPointsFor(files: readonly ShownFile[]): MountPoint[] {
  const folders: MountPoint[] = ['/proc', '/dev', '/sys'].map((path) => ({ path, kind: 'dir' }))
  const inImage = files.filter(({ path }) => !/^\/+(?:proc|dev|sys)\//.test(path))
  return [...folders, ...inImage.map(({ path }): MountPoint => ({ path, kind: 'file' }))]
}
