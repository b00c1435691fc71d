import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runOk } from '../../e2e/testing/run.ts'
import { startServer } from '../../e2e/testing/serve.ts'
import { mediaTypes } from '../../shared/oci/media-types.ts'
import type { ContenderOptions, ServerContender } from '../servers/row.ts'

/** A registry that lets only signed images be pulled from `gated/**`, its notary, and somebody who pulls from it. */
export interface TrustScene extends ServerContender {
  readonly name: 'ibuild'
  /** `127.0.0.1:PORT`, plain HTTP. */
  readonly host: string
  /** Runs ours as somebody with a login, keys, and a data folder of their own. */
  readonly ibuild: (args: readonly string[]) => Promise<void>
  /** Makes ours forget what it verified before. */
  readonly forget: () => void
  /** Pushes one small image and signs it. */
  readonly publish: (name: string) => Promise<void>
}

const passphrases = {
  DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: 'root passphrase',
  DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'repository passphrase',
}

const config = `
access:
  rules:
    - { repositories: ['**'], who: [anonymous], actions: [pull] }
    - { repositories: ['**'], who: ['user:ann'], actions: [pull, push] }
trust:
  pulls:
    - { repositories: 'gated/**', mode: enforce, require: { notary: { root: { firstUse: true } } } }
`

/** Starts ours with accounts, a gate and a notary. */
export async function startScene({ root, program }: ContenderOptions): Promise<TrustScene> {
  const [data, own] = [join(root, 'server'), join(root, 'client')]
  mkdirSync(own, { recursive: true })
  writeFileSync(join(root, 'serve.yml'), config)
  const account = ['registry', 'user', 'add', 'ann', '--password-stdin', '--root', data]
  await runOk(program, account, { input: 'a password\n' })
  const flags = ['--root', data, '--config', join(root, 'serve.yml'), '--listen', '127.0.0.1:0']
  const server = await startServer([...flags, '--notary-listen', '127.0.0.1:0'], { ibuild: [program] })
  const host = new URL(server.url).host
  const notary = /trusted collections at https:\/\/\S+:(\d+)/.exec(server.stdout())?.[1]
  const tls = join(own, 'docker/tls', `localhost:${notary}`)
  mkdirSync(tls, { recursive: true })
  copyFileSync(join(data, 'notary/tls/ca.crt'), join(tls, 'ca.crt'))
  const usual = {
    HOME: own,
    IBUILD_ROOT: join(own, 'data'),
    DOCKER_CONFIG: join(own, 'docker'),
    DOCKER_CONTENT_TRUST_SERVER: `https://localhost:${notary}`,
    ...passphrases,
  }
  const ibuild: TrustScene['ibuild'] = async (args) => {
    await runOk(program, args, { env: { ...process.env, ...usual } })
  }
  await runOk(program, ['login', host, '-u', 'ann', '--password-stdin'], {
    input: 'a password\n',
    env: { ...process.env, ...usual },
  })
  const { stdout } = await runOk(program, ['--version'])
  return {
    name: 'ibuild',
    version: `${stdout.trim()}, Node ${process.versions.node}`,
    host,
    ibuild,
    forget: () => rmSync(join(own, 'data/trust'), { recursive: true, force: true }),
    async publish(name) {
      const context = join(own, 'context')
      mkdirSync(context, { recursive: true })
      writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY file /\n')
      writeFileSync(join(context, 'file'), name)
      await ibuild(['build', '-q', '--push', '--sign', '-t', `${host}/${name}`, context])
    },
    [Symbol.asyncDispose]: async () => void (await server.stop()),
  }
}

/** Header of who takes the manifests of ours. */
export const manifestAccept = `Accept: ${mediaTypes.ociManifest}`
