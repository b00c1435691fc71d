import { join } from 'node:path'
import common from './ava.config.js'

/** `npm run test:peers`: the whole command beside real daemons and tools; two files at a time, as most of them wait for disks and programs. */
export default {
  ...common,
  files: ['e2e/**/*.test.ts', '!e2e/house/**'],
  concurrency: 2,
  timeout: '10m',
  environmentVariables: {
    IBUILD_TEST_COMMAND: join(import.meta.dirname, 'node_modules/.cache/ibuild/bin/ibuild.cjs'),
  },
}
