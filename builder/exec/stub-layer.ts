import fs from 'node:fs'
import { lgetxattr, llistxattr, lsetxattr, utimensNs } from '../../shared/sys/native.ts'
import type { MergedView } from './merged-view.ts'

/** Something that is mounted in the container: it needs a directory or a file to be mounted on. */
export interface MountPoint {
  /** Absolute path in the container, latin1. */
  readonly path: string
  readonly kind: 'dir' | 'file'
}

/**
 * Makes `folder` the layer on top of a RUN's lowers that holds the mount points which the image lacks, so that they are
 * neither in the image nor in the upper folder. Directories of the image on the way to them are repeated with all of
 * their metadata, because in overlayfs the topmost directory's counts. Returns false, and makes nothing, when nothing
 * is missing. RUNTIME_FAILED when a mount point cannot be (its parent is a file).
 */
export function makeStubLayer(view: MergedView, mountPoints: readonly MountPoint[], folder: string): boolean {
  const missing = mountPoints.flatMap((point) => {
    const { components, node } = view.resolve(point.path)
    return node?.kind === point.kind ? [] : [{ components, kind: point.kind }]
  })
  if (missing.length === 0) return false
  fs.mkdirSync(folder, { mode: 0o755 })
  for (const { components, kind } of missing) makeStub(folder, components, kind)
  for (const components of parentsOf(missing)) {
    const original = view.lookup(components)
    if (original !== undefined) copyMetadata(original.hostPath, hostPathOf(folder, components))
  }
  return true
}

function makeStub(folder: string, components: readonly string[], kind: MountPoint['kind']): void {
  for (let depth = 1; depth < components.length; depth++) makeDirectory(hostPathOf(folder, components.slice(0, depth)))
  const path = hostPathOf(folder, components)
  if (kind === 'dir') makeDirectory(path)
  else fs.closeSync(fs.openSync(path, 'w', 0o644))
}

function makeDirectory(path: Buffer): void {
  fs.mkdirSync(path, { recursive: true, mode: 0o755 })
  fs.chmodSync(path, 0o755) // whatever the umask is
}

/** Every directory above a stub, the deepest first: filling one changes the time of the one that holds it. */
function parentsOf(stubs: readonly { readonly components: readonly string[] }[]): readonly (readonly string[])[] {
  const parents = new Map<string, readonly string[]>()
  for (const { components } of stubs) {
    for (let depth = 1; depth < components.length; depth++) {
      const parent = components.slice(0, depth)
      parents.set(parent.join('/'), parent)
    }
  }
  return [...parents.values()].toSorted((a, b) => b.length - a.length)
}

function hostPathOf(folder: string, components: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(folder), Buffer.from(components.map((name) => `/${name}`).join(''), 'latin1')])
}

/** Gives `target` the owner, mode, extended attributes and time of `source`; both are directories. */
export function copyMetadata(source: Buffer | string, target: Buffer | string): void {
  const stat = fs.lstatSync(source, { bigint: true })
  fs.chownSync(target, Number(stat.uid), Number(stat.gid))
  fs.chmodSync(target, Number(stat.mode) & 0o7777)
  for (const name of llistxattr(source)) {
    if (isOverlayAttribute(name)) continue
    const value = lgetxattr(source, name)
    if (value !== undefined) lsetxattr(target, name, value)
  }
  utimensNs(target, stat.mtimeNs)
}

/** Marks by which overlayfs itself knows opaque and redirected directories: they belong to one layer only. */
function isOverlayAttribute(name: string): boolean {
  return name.startsWith('trusted.overlay.') || name.startsWith('user.overlay.')
}
