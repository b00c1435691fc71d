import common from './ava.config.js'

/** `npm run test:peers`: the whole command beside real daemons and tools; one file at a time, they need the machine. */
export default { ...common, files: ['e2e/**/*.test.ts', '!e2e/house/**'], concurrency: 1, timeout: '10m' }
