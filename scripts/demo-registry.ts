import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServe } from '../e2e/testing/serve.ts'
import { expect, type Stage } from './stage.ts'

/** A registry with the image `demo:1` of the stage's store: push, pull with a stock client, a build on it, a tag that goes. */
export async function playRegistry(stage: Stage): Promise<void> {
  const { say, folder } = stage
  say('Serve a registry')
  console.log('$ ibuild serve --listen 127.0.0.1:0')
  await using server = await startServe(join(folder, 'served'))
  console.log(`  ibuild serves a registry at http://${server.host}`)
  const name = `${server.host}/team/demo`

  await pushAndPull(stage, name)
  await buildOn(stage, server.host)

  say('Delete a tag: the tag goes, what others share with it stays')
  await stage.ibuild(['search', server.host])
  await stage.ibuild(['delete', `${name}:1`])
  const left = await stage.program('skopeo', ['list-tags', '--tls-verify=false', `docker://${server.host}/team/next`])
  expect(left.includes('"1"'), 'the other image has its tag')
  await stage.ibuild(['pull', `${name}:1`], { code: 1 })

  say('Stop it: what runs is waited for')
  expect((await server.close()) === 0, 'the server ends with 0')
  console.log('  stopped')
}

async function pushAndPull({ say, ibuild, program, folder }: Stage, name: string): Promise<void> {
  say('Push to it; what is there is not sent again')
  await ibuild(['tag', 'demo:1', `${name}:1`])
  await ibuild(['push', `${name}:1`])
  const again = await ibuild(['push', `${name}:1`])
  expect(!again.includes(': pushed'), 'the second push sends no layer')

  say('Pull it with another client, which checks every digest')
  await program('skopeo', ['copy', '--src-tls-verify=false', `docker://${name}:1`, `dir:${join(folder, 'pulled')}`])
  const found = await program('skopeo', [
    'inspect',
    '--tls-verify=false',
    '--format',
    '{{.Digest}}',
    `docker://${name}:1`,
  ])
  console.log(`  ${found.trim()}`)
}

async function buildOn({ say, ibuild, folder }: Stage, host: string): Promise<void> {
  say('On another machine, build on that image and push: the indexes of its layers are enough, no layer moves')
  const context = join(folder, 'next')
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), `FROM ${host}/team/demo:1\nCOPY --chown=web note /\n`)
  writeFileSync(join(context, 'note'), 'one more layer\n')
  const elsewhere = join(folder, 'elsewhere')
  const built = await ibuild([
    '--root',
    elsewhere,
    '-t',
    `${host}/team/next:1`,
    '--push',
    '--progress',
    'plain',
    context,
  ])
  expect(built.includes('mounted from team/demo'), 'the layers of the base are mounted')
}
