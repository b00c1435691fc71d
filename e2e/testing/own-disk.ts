import { closeSync, openSync, readdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { errnoOf } from '../../shared/base/errors.ts'
import { runOk } from './run.ts'
import { temporaryFolder } from './temporary.ts'

/** Makes and mounts a disk at `$1/disk`, as commands of the shell. */
const disks = {
  /** In memory. */
  tmpfs: 'mkdir "$1/disk" && mount -t tmpfs -o "size=$2" none "$1/disk"',
  /** In a file that has holes. */
  ext4: 'truncate -s "$2" "$1/image" && mkfs.ext4 -q -m 0 "$1/image" && mkdir "$1/disk" && mount -o loop "$1/image" "$1/disk"',
}

/** What {@link runOnDisk} needs for each kind of disk. */
export const diskNeeds = {
  tmpfs: ['root', 'unshare', 'mount'],
  ext4: ['root', 'unshare', 'mount', 'mkfs.ext4'],
} as const

/**
 * Runs a script with the folder of a disk of its own, so large as `mount` or `truncate` are told (`90m`); gives the JSON that
 * it printed. The disk is mounted in a namespace that ends with the script.
 */
export async function runOnDisk(
  t: ExecutionContext,
  script: string,
  { kind, size }: { readonly kind: keyof typeof disks; readonly size: string },
): Promise<unknown> {
  const folder = temporaryFolder(t)
  const command = `${disks[kind]} && exec "$3" "$4" "$1/disk"`
  const { stdout } = await runOk('unshare', ['-m', 'sh', '-c', command, 'sh', folder, size, process.execPath, script])
  t.deepEqual(readdirSync(join(folder, 'disk')), [], 'the mount was in a namespace of its own')
  return JSON.parse(stdout)
}

/** Takes all that is free on a disk, to the last byte, with a file on it. */
export function fillDisk(file: string): void {
  const fd = openSync(file, 'a')
  try {
    for (let size = 4 << 20; size > 0; ) {
      try {
        writeSync(fd, Buffer.alloc(size))
      } catch (error) {
        if (errnoOf(error) !== 'ENOSPC') throw error
        size >>= 1
      }
    }
  } finally {
    closeSync(fd)
  }
}
