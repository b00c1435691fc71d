import fs from 'node:fs'
import { errnoOf } from '../../shared/base/errors.ts'
import { mount } from '../../shared/sys/native.ts'

export interface Overlay {
  /** Host paths, the lowest first; at least one. */
  readonly lowers: readonly string[]
  readonly upper: string
  /** Empty folder on the filesystem of `upper`. */
  readonly work: string
  /** Where the merged tree appears. */
  readonly target: string
}

// O_PATH is not among Node's constants; its value is the same on every architecture that Node runs on.
const openPath = 0o10000000
const folderFlags = openPath | fs.constants.O_DIRECTORY

/**
 * Mounts an overlay whose upper folder is the complete diff: no redirects, no metadata-only copies, no index. It is
 * `volatile`: nothing is synced, neither by the container nor when it is unmounted; who keeps the upper folder syncs it.
 *
 * All options share one page with the paths of all layers. Each layer is named by an open descriptor, which takes at
 * most 20 bytes: 127 layers fit wherever they lie, and whatever characters their paths have.
 */
export function mountOverlay(overlay: Overlay): void {
  const fds: number[] = []
  const short = (path: string): string => {
    const fd = fs.openSync(path, folderFlags)
    fds.push(fd)
    return `/proc/self/fd/${fd}`
  }
  try {
    const lowers = overlay.lowers.toReversed().map(short).join(':')
    const places = `lowerdir=${lowers},upperdir=${short(overlay.upper)},workdir=${short(overlay.work)}`
    mountWithOptions(overlay.target, `redirect_dir=off,metacopy=off,index=off,${places}`)
  } finally {
    for (const fd of fds) fs.closeSync(fd)
  }
}

/** Kernels before 5.10 have no `volatile`. */
function mountWithOptions(target: string, options: string): void {
  try {
    mount('overlay', target, 'overlay', 0, `volatile,${options}`)
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error
    mount('overlay', target, 'overlay', 0, options)
  }
}
