import { join } from 'node:path'

/** What every run of the tests has in common; without another config `ava FILE` runs any test of the repository. */
export default {
  files: ['{shared,builder,registry,notary,retention,app,scripts,e2e}/**/*.test.ts'],
  extensions: ['ts'],
  workerThreads: false,
  timeout: '120s',
  concurrency: 2,
  nodeArguments: [`--require=${join(import.meta.dirname, 'scripts/keep-compiled.cjs')}`],
}
