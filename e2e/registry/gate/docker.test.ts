import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type Dockerd, startDockerd } from '../../testing/dockerd.ts'
import { needs } from '../../testing/needs.ts'
import { passwordOf } from '../access/scene.ts'
import { type GateScene, signedBySomebody, startGate } from './scene.ts'

const withDocker = needs(test, 'root', 'docker', 'dockerd')
const rule = { repositories: 'app/**', mode: 'enforce', require: signedBySomebody }

async function start(opened: AsyncDisposableStack): Promise<{ readonly gate: GateScene; readonly daemon: Dockerd }> {
  const folder = mkdtempSync(join(tmpdir(), 'id-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  return {
    gate: opened.use(await startGate({ trust: { pulls: [rule] } })),
    daemon: opened.use(await startDockerd(folder)),
  }
}

withDocker('docker is told why a pull is refused, and pulls what is signed', async (t) => {
  await using opened = new AsyncDisposableStack()
  const { gate, daemon } = await start(opened)
  const { host, ann, folder } = gate
  const as = (who: string): { env: Record<string, string> } => ({
    env: { DOCKER_CONFIG: join(folder, `docker-${who}`) },
  })
  for (const who of ['ann', 'bob'])
    await daemon.docker(['login', host, '--username', who, '--password', passwordOf(who)], as(who))
  const image = `${host}/app/pulled:v1`
  await daemon.docker(['import', '-', image], { ...as('ann'), input: '' })
  await daemon.docker(['push', image], as('ann'))
  await daemon.docker(['image', 'rm', image])
  const refused = await daemon.tryDocker(['pull', image], as('bob'))
  t.not(refused.code, 0)
  t.regex(refused.stderr, /denied: \S+app\/pulled/)
  t.regex((await daemon.docker(['pull', image], as('ann'))).stdout, /Downloaded newer image/)
  await daemon.docker(['image', 'rm', image])
  const [signed] = JSON.parse(await ann.trust('sign', image, '--json')) as [{ digest: string }]
  t.regex((await daemon.docker(['pull', image], as('bob'))).stdout, /Downloaded newer image/)
  await daemon.docker(['image', 'rm', image])
  const byDigest = await daemon.docker(['pull', `${host}/app/pulled@${signed.digest}`], as('bob'))
  t.regex(byDigest.stdout, /Downloaded newer image/)
})
