import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { withAccount, withoutAccount } from './htpasswd.ts'
import { changeHtpasswd, readHtpasswd } from './htpasswd-file.ts'

const hash = '$2b$10$abcdefghijklmnopqrstu.ABCDEFGHIJKLMNOPQRSTUVWXYZ01234'

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'htpasswd-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a file is made for its owner alone, with the folder that it is in', async (t) => {
  const file = join(folderOf(t), 'a/b/htpasswd')
  await changeHtpasswd(file, (text) => withAccount(text, { name: 'ann', hash }))
  t.deepEqual(await readHtpasswd(file), [{ name: 'ann', hash }])
  t.is(statSync(file).mode & 0o777, 0o600)
  t.deepEqual(readdirSync(join(file, '..')), ['htpasswd'], 'nothing is left beside it')
})

test('writers at once lose nothing of each other', async (t) => {
  const file = join(folderOf(t), 'htpasswd')
  const names = Array.from({ length: 20 }, (_, i) => `user${i}`)
  await Promise.all(names.map((name) => changeHtpasswd(file, (text) => withAccount(text, { name, hash }))))
  t.deepEqual((await readHtpasswd(file)).map(({ name }) => name).sort(), names.sort())
  await Promise.all(names.map((name) => changeHtpasswd(file, (text) => withoutAccount(text, name))))
  t.is(readFileSync(file, 'utf8'), '')
})

test('a reader finds the old or the new file, whole', async (t) => {
  const file = join(folderOf(t), 'htpasswd')
  writeFileSync(file, '')
  const over = new AbortController()
  const reading = (async (): Promise<number> => {
    let most = 0
    while (!over.signal.aborted) most = Math.max(most, (await readHtpasswd(file)).length)
    return most
  })()
  for (let i = 0; i < 20; i++) await changeHtpasswd(file, (text) => withAccount(text, { name: `user${i}`, hash }))
  over.abort()
  t.true((await reading) > 1)
})

test('a link stays, and rights of the group to read', async (t) => {
  const folder = folderOf(t)
  const [file, link] = [join(folder, 'file'), join(folder, 'link')]
  writeFileSync(file, `# mine\nann:${hash}\n`)
  chmodSync(file, 0o664)
  symlinkSync('file', link)
  await changeHtpasswd(link, (text) => withoutAccount(text, 'ann'))
  t.is(readlinkSync(link), 'file')
  t.is(readFileSync(file, 'utf8'), '# mine\n')
  t.is(statSync(file).mode & 0o777, 0o640)
})

test('what is wrong in a file is not written over, and nothing wrong is written', async (t) => {
  const file = join(folderOf(t), 'htpasswd')
  writeFileSync(file, 'ann:plain\n')
  await t.throwsAsync(
    changeHtpasswd(file, (text) => withAccount(text, { name: 'bob', hash })),
    {
      code: 'ACCOUNTS_INVALID',
      message: /htpasswd, line 1: the password of ann/,
    },
  )
  t.is(readFileSync(file, 'utf8'), 'ann:plain\n')
  writeFileSync(file, `ann:${hash}\n`)
  await t.throwsAsync(
    changeHtpasswd(file, (text) => `${text}bob\n`),
    { code: 'ACCOUNTS_INVALID', message: /line 2/ },
  )
  await t.throwsAsync(
    changeHtpasswd(file, () => {
      throw new RangeError('x')
    }),
    { instanceOf: RangeError },
  )
  t.is(readFileSync(file, 'utf8'), `ann:${hash}\n`)
  await changeHtpasswd(file, (text) => withoutAccount(text, 'ann'))
  t.deepEqual(await readHtpasswd(file), [], 'the lock was given back')
})

test('what cannot be read says why', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'htpasswd')
  await t.throwsAsync(readHtpasswd(file), { code: 'ACCOUNTS_INVALID', message: /cannot be read \(ENOENT\)/ })
  await t.throwsAsync(readHtpasswd(folder), { code: 'ACCOUNTS_INVALID', message: /cannot be read \(EISDIR\)/ })
  writeFileSync(file, Buffer.from('\xffann:x', 'latin1'))
  await t.throwsAsync(readHtpasswd(file), { code: 'ACCOUNTS_INVALID', message: /is not UTF-8/ })
  writeFileSync(file, Buffer.alloc(16 * 2 ** 20 + 1, '#'))
  await t.throwsAsync(readHtpasswd(file), { code: 'ACCOUNTS_INVALID', message: /more than 16 MiB/ })
})
