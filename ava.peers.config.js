import common from './ava.config.js'

/** `npm run test:peers`: the whole command beside real daemons and tools; two files at a time, as most of them wait for disks and programs. */
export default { ...common, files: ['e2e/**/*.test.ts', '!e2e/house/**'], concurrency: 2, timeout: '10m' }
