import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { run } from '../testing/run.ts'
import { ibuildScript, makeWorkspace } from '../testing/workspace.ts'

test('a file with passphrases that others may write is refused, and one that they may read is told', async (t) => {
  const space = await makeWorkspace(t)
  const file = join(space.folder, 'words')
  writeFileSync(file, 'open sesame\n')
  const env = { HOME: space.folder, DOCKER_CONFIG: join(space.folder, 'docker') }
  const generate = async (mode: number, name: string): Promise<[number, string]> => {
    chmodSync(file, mode)
    const words = ['trust', 'key', 'generate', name, '--passphrase-file', file]
    const { code, stderr } = await space.ibuild(words, { env })
    t.false(stderr.includes('sesame'))
    return [code, stderr]
  }
  t.deepEqual(await generate(0o600, 'ann'), [0, ''])
  const [code, told] = await generate(0o644, 'bob')
  t.is(code, 0, told)
  t.regex(told, /^note: .*words holds a secret, and others may read it \(mode 0644\)/)
  const [refused, why] = await generate(0o662, 'carl')
  t.is(refused, 2)
  t.regex(why, /words holds a secret, and others may write it \(mode 0662\) \[USAGE\]\nhint: Run chmod 600 /)
})

test('a pipe is taken as it is', async (t) => {
  const space = await makeWorkspace(t)
  const env = { HOME: space.folder, DOCKER_CONFIG: join(space.folder, 'docker') }
  const words = [process.execPath, ibuildScript, 'trust', 'key', 'generate', 'ann']
  const script = '"$@" --passphrase-file <(echo open sesame)'
  const { code, stderr } = await run('bash', ['-c', script, 'bash', ...words], { env, cwd: space.folder })
  t.deepEqual([code, stderr], [0, ''])
})
