import common from './ava.config.js'

/** `npm test`: the tests beside the code and those of the house; no daemon, no other builder. */
export default {
  ...common,
  files: ['{shared,builder,registry,notary,retention,app,scripts}/**/*.test.ts', 'e2e/house/**/*.test.ts'],
}
