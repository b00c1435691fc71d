import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { run } from '../../testing/run.ts'
import { startServer } from '../../testing/serve.ts'
import { temporaryFolder } from '../../testing/temporary.ts'
import { startNotary } from '../testing/ibuild-server.ts'
import { trustClient } from '../testing/trust-client.ts'

needs(test, 'cosign')('cosign verifies what ibuild trust signs for it, and nothing else', async (t) => {
  const folder = temporaryFolder(t)
  const registry = await startServer(['--root', join(folder, 'registry'), '--listen', '127.0.0.1:0'])
  t.teardown(async () => void (await registry.stop()))
  const server = await startNotary(join(folder, 'notary'))
  t.teardown(async () => server.close())
  const bob = await trustClient(server, join(folder, 'bob'))
  const name = `127.0.0.1:${new URL(registry.url).port}/team/app`
  mkdirSync(join(folder, 'context'))
  writeFileSync(join(folder, 'context/Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n')
  await bob.ibuild('build', '-q', '-t', `${name}:v1`, join(folder, 'context'))
  await bob.ibuild('push', `${name}:v1`)
  await bob.trust('key', 'generate', 'bob')
  await bob.trust('key', 'generate', 'eve')
  const verify = async (key: string): Promise<number> => {
    const args = ['verify', '--key', join(bob.folder, key), '--insecure-ignore-tlog', '--allow-insecure-registry']
    return (await run(requireProgram('cosign'), [...args, `${name}:v1`], { env: { HOME: bob.folder } })).code
  }
  t.not(await verify('bob.pub'), 0)
  t.is((await bob.try('sign', '--format', 'cosign', `${name}:v1`)).code, 2)
  const [id = ''] = /[0-9a-f]{64}/.exec(/^bob .*$/m.exec(await bob.trust('key', 'list'))?.[0] ?? '') ?? []
  t.regex(
    await bob.trust('sign', '--format', 'both', '--cosign-key', id, `${name}:v1`),
    /by targets and a key, as cosign does\n$/,
  )
  t.is(await verify('bob.pub'), 0)
  t.not(await verify('eve.pub'), 0)
  t.regex(await bob.trust('verify', `${name}:v1`), /signed by targets\n$/)
})
