import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { createLog } from '../../shared/log/log.ts'
import { hashPassword } from '../access/bcrypt.ts'
import { openAccess } from './access.ts'
import { configOf, settingsOf } from './config/read.ts'

test('an account that is removed while the server starts is out soon after', async (t) => {
  const file = join(temporaryFolder(t), 'htpasswd')
  const hash = await hashPassword('x', 4)
  const write = (...names: string[]): void => writeFileSync(file, names.map((name) => `${name}:${hash}\n`).join(''))
  write('ann', 'bob')
  const log = createLog({ level: 'error', format: 'json' }, { write: () => undefined, isTerminal: false })
  const access = await openAccess(configOf([settingsOf({ access: { htpasswd: file } }, 'f.yml')]), log, async () => {
    write('bob')
    return undefined
  })
  t.teardown(() => access.close())
  t.truthy(access.accounts?.find('ann'), 'it was read before')
  for (let i = 0; i < 500 && access.accounts?.find('ann') !== undefined; i++) await sleep(20)
  t.is(access.accounts?.find('ann'), undefined)
  t.truthy(access.accounts?.find('bob'))
})
