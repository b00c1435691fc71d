import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { temporaryFolder } from '../../e2e/testing/temporary.ts'
import { readEventSettings } from './read-endpoints.ts'
import { endpointAt, settingsFor } from './testing/scene.ts'

const secret = 'sixteen bytes or more'
for (const [title, content] of [
  ['as it is', secret],
  ['without its last line feed', `${secret}\n`],
  ['without its last line end', `${secret}\r\n`],
] as const) {
  test(`a secret is taken ${title}`, async (t) => {
    const secretFile = join(temporaryFolder(t), 'secret')
    writeFileSync(secretFile, content)
    const { endpoints } = await readEventSettings(settingsFor([endpointAt('http://x', { secretFile })]))
    t.is(String(endpoints[0]?.secret), secret)
  })
}

test('files that cannot be used are told, and not what is in them', async (t) => {
  const folder = temporaryFolder(t)
  const file = join(folder, 'file')
  writeFileSync(file, 'short')
  for (const [more, problem] of [
    [{ secretFile: join(folder, 'none') }, /one: secretFile: .*none cannot be read \(ENOENT\)/],
    [{ secretFile: folder }, /cannot be read \(EISDIR\)/],
    [{ secretFile: file }, /has less than 16 bytes/],
    [{ caFile: file }, /caFile: .*file has no certificate/],
  ] as const) {
    const error = await t.throwsAsync(readEventSettings(settingsFor([endpointAt('http://x', more)])), {
      code: 'SERVER_CONFIG_INVALID',
      message: problem,
    })
    t.false(error?.message.includes('short'))
  }
})
