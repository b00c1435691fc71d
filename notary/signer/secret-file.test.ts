import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { readSecret } from './read-secret.ts'

test('a secret that others may write is refused, and one that they may read is told', async (t) => {
  const file = join(temporaryFolder(t), 'secret')
  writeFileSync(file, 'of thirty-two bytes or some more')
  for (const source of [{ keyFile: file }, { passphraseFile: file }])
    for (const [mode, expected] of [
      [0o600, 'silent'],
      [0o400, 'silent'],
      [0o640, 'told'],
      [0o444, 'told'],
      [0o620, 'refused'],
      [0o602, 'refused'],
      [0o666, 'refused'],
    ] as const) {
      chmodSync(file, mode)
      const notices: string[] = []
      const read = readSecret(source, (notice) => notices.push(notice))
      if (expected === 'refused') {
        const error = await t.throwsAsync(read, { code: 'SIGNER_INVALID', message: /secret holds.*others may write/ })
        t.like(error, { hint: `Run chmod 600 ${file}.` })
      } else t.truthy(await read)
      t.is(notices.length, expected === 'told' ? 1 : 0, mode.toString(8))
      t.true(notices.every((notice) => notice.includes(file) && !notice.includes('thirty-two')))
    }
})
