import { join } from 'node:path'
import test from 'ava'
import { repository } from '../../../scripts/repository.ts'
import { run } from '../../testing/run.ts'
import { mechanisms } from './mechanisms.ts'

const weaken = join(import.meta.dirname, 'weaken.ts')

for (const [name, { tests, match }] of Object.entries(mechanisms)) {
  test.serial(`without this, attacks succeed and tests say so: ${name}`, async (t) => {
    t.timeout(120_000)
    const file = join(repository, `notary/verifier/attacks/${tests}.test.ts`)
    const words = [join(repository, 'node_modules/ava/entrypoints/cli.js'), file, `--match=${match}`]
    const result = await run(process.execPath, words, {
      cwd: repository,
      env: { NODE_OPTIONS: `--import=${weaken}`, VERIFIER_WITHOUT: name },
    })
    t.is(result.code, 1, result.stdout + result.stderr)
    t.regex(result.stdout, /[1-9]\d* tests? failed/)
    t.notRegex(result.stdout, /uncaught|unhandled/i)
  })
}
