import { join } from 'node:path'
import test from 'ava'
import { person } from '../notary/pull/testing/trust-scene.ts'
import { startNotary } from '../notary/testing/ibuild-server.ts'
import { startServer } from '../testing/serve.ts'
import { temporaryFolder } from '../testing/temporary.ts'

const policy = `
version: 1
mode: enforce
policies:
  - id: all
    repos: { include: ['team/.*'] }
    tags: { delete: ['.*'] }
limits: { maxPercentPerRepo: none, minRemainingPerRepo: none }
`

test('a registry keeps what the notary of its data folder signs, whether that runs beside it or not', async (t) => {
  const folder = temporaryFolder(t)
  const root = join(folder, 'root')
  let notary = await startNotary(folder)
  t.teardown(() => notary.close())
  const registry = await startServer(['--root', root, '--listen', '127.0.0.1:0', '--notary-listen', 'off'])
  t.teardown(() => registry.stop())
  const { host } = new URL(registry.url)
  const ann = await person(t, notary)
  const push = async (name: string, ...flags: readonly string[]): Promise<void> => {
    const context = ann.write('context', { Dockerfile: 'FROM scratch\nCOPY file /\n', file: name })
    await ann.ok(['build', '--push', ...flags, '-t', `${host}/team/${name}`, context])
  }
  const file = join(ann.write('policy', { 'policy.yml': policy }), 'policy.yml')
  const goes = async (): Promise<readonly string[]> => {
    const { stdout } = await ann.ok(['gc', 'preview', '--root', root, '--all', '--json', file])
    const lines = stdout
      .trim()
      .split('\n')
      .map((line): Decided => JSON.parse(line))
    return lines
      .flatMap(({ decision }) =>
        decision === undefined ? [] : [`${decision.item.repository}:${decision.item.name} ${decision.reason}`],
      )
      .sort()
  }
  await push('app:signed', '--sign')
  await push('app:loose')
  const expected = ['team/app:loose DELETE_REGEX', 'team/app:signed SIGNED_TARGET']
  t.deepEqual(await goes(), expected, 'while the notary runs')
  await push('late:1', '--sign')
  t.deepEqual(await goes(), [...expected, 'team/late:1 SIGNED_TARGET'], 'what is signed since then as well')
  await notary.close()
  t.deepEqual(await goes(), [...expected, 'team/late:1 SIGNED_TARGET'], 'while it does not')
  notary = await startNotary(folder)
  t.deepEqual(await goes(), [...expected, 'team/late:1 SIGNED_TARGET'], 'when it runs again')
})

interface Decided {
  readonly decision?: { readonly item: { readonly repository: string; readonly name: string }; readonly reason: string }
}
