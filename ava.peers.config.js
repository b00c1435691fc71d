import { existsSync, statfsSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'
import common from './ava.config.js'

const shared = '/dev/shm'
/** As statfs(2) tells it for a file system in memory. */
const tmpfs = 0x01021994
/** Bytes and files that are enough for any three test files at once. */
const enough = { bytes: 8 * 2 ** 30, files: 2_000_000 }

/**
 * Temporary folders are in memory where there is plenty of it: most of these tests would wait for the disk otherwise. None
 * of them needs one: after a kill the kernel still has all that was written, and what has to be synced before what is told
 * by the calls themselves. Tests of a full disk make their own.
 */
function temporaryFolder() {
  if (process.env['TMPDIR'] !== undefined || !existsSync(shared)) return {}
  const { type, bavail, bsize, ffree } = statfsSync(shared)
  const isEnough = Math.min(bavail * bsize, freemem()) >= enough.bytes && ffree >= enough.files
  return type === tmpfs && isEnough ? { TMPDIR: shared } : {}
}

/** `npm run test:peers`: the whole command beside real daemons and tools; three files at a time on two cores, as most of them wait for disks and programs. */
export default {
  ...common,
  files: ['e2e/**/*.test.ts', '!e2e/house/**'],
  concurrency: 3,
  timeout: '10m',
  environmentVariables: {
    IBUILD_TEST_COMMAND: join(import.meta.dirname, 'node_modules/.cache/ibuild/bin/ibuild.cjs'),
    ...temporaryFolder(),
  },
}
