import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../e2e/testing/serve.ts'
import { expect, type Shown, type Stage } from './stage.ts'

/** Images that are signed: push and sign at once, pull what was signed, and see refused what somebody puts in its place. */
export async function playTrust(stage: Stage): Promise<void> {
  const { say, folder } = stage
  say('Serve a registry with trusted collections')
  const root = join(folder, 'trusted')
  mkdirSync(root)
  console.log('$ ibuild serve --listen 127.0.0.1:0 --notary-listen 127.0.0.1:0')
  const server = await startServer(['--root', root, '--listen', '127.0.0.1:0', '--notary-listen', '127.0.0.1:0'])
  try {
    console.log(`  ${server.stdout().trim().replace('\n', '\n  ')}`)
    const port = /trusted collections at https:\S+:(\d+)/.exec(server.stdout())?.[1]
    const trust = `localhost:${port}`
    const name = `${new URL(server.url).host}/team/signed`
    const scene = { ...stage, name, shown: { who: 'ann', env: { DOCKER_CONTENT_TRUST_SERVER: `https://${trust}` } } }
    await stage.ibuild(['trust', 'setup', trust, '--ca', join(root, 'notary/tls/ca.crt')], { who: 'ann' })
    const signed = await signAndPull(scene)
    await tamper(scene, signed)
  } finally {
    await server.stop()
  }
}

interface Scene extends Stage {
  /** `host/path` of an image. */
  readonly name: string
  /** Somebody with keys, who knows the trust server. */
  readonly shown: Shown
}

/** Gives the digest that was signed. */
async function signAndPull({ say, ibuild, folder, name, shown }: Scene): Promise<string> {
  say('Push and sign: the tag moves when the signature is there')
  const words = join(folder, 'passphrase')
  writeFileSync(words, 'a long passphrase\n', { mode: 0o600 })
  await ibuild(['tag', 'demo:1', `${name}:1`])
  await ibuild(['push', '--sign', '--passphrase-file', words, `${name}:1`], shown)

  say('On another machine, pull what was signed')
  const pulled = await ibuild(['pull', '--root', join(folder, 'other'), '--verify', `${name}:1`], shown)
  await ibuild(['trust', 'verify', '--root', join(folder, 'other'), '--explain', `${name}:1`], shown)
  return /Digest: (\S+)/.exec(pulled)?.[1] ?? ''
}

async function tamper({ say, ibuild, folder, name, shown }: Scene, signed: string): Promise<void> {
  const other = ['--root', join(folder, 'other')]
  say('Put another image behind the signature: whoever verifies still gets what was signed')
  await ibuild(['tag', 'wasteful', `${name}:1`])
  await ibuild(['push', `${name}:1`])
  const again = await ibuild(['pull', ...other, '--verify', `${name}:1`], shown)
  expect(again.includes(`Digest: ${signed}`), 'the signed image is pulled')

  say('Take the signed one away as well: nothing is pulled in its place')
  await ibuild(['delete', `${name}@${signed}`])
  const refused = await ibuild(['pull', ...other, '--verify', `${name}:1`], { ...shown, code: 3 })
  expect(refused.includes('TRUST_CONTENT'), 'the pull is refused')

  say('Build on an image that nobody signed, which the store has')
  const context = join(folder, 'unsigned')
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), `FROM ${name}:2\nCOPY Dockerfile /\n`)
  await ibuild(['tag', 'wasteful', `${name}:2`])
  const build = await ibuild(['build', '--verify', context], { ...shown, code: 3 })
  expect(build.includes('TRUST_NOT_SIGNED'), 'the build is refused')
}
