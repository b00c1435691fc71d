import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { stringify } from 'yaml'
import { stockClient } from '../notary/testing/stock-client.ts'
import { get } from '../notary/testing/trust-server.ts'
import { setPassword } from '../registry/access/scene.ts'
import { freePorts } from '../testing/free-ports.ts'
import { missing, skipFor } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { runOk } from '../testing/run.ts'
import { startServer, until } from '../testing/serve.ts'
import { ibuildScript } from '../testing/workspace.ts'
import { startNginx } from './testing/nginx.ts'

/** Registry and notary as they are reached through nginx. */
interface Scene {
  readonly folder: string
  /** `localhost:PORT`. */
  readonly registry: string
  readonly notary: { readonly url: string; readonly authority: string }
}

const stack = new AsyncDisposableStack()
let started: Promise<Scene> | undefined
const scene = (): Promise<Scene> => (started ??= start())
test.after.always(async () => {
  await started?.catch(() => undefined)
  await stack.disposeAsync()
})

async function start(): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'ib-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const [registryPort = 0, notaryPort = 0] = await freePorts(2)
  const [root, file, tls] = [join(folder, 'root'), join(folder, 'config.yml'), join(folder, 'credentials/tls')]
  await runOk(process.execPath, [ibuildScript, 'credentials', join(folder, 'credentials')])
  const trustedProxies = ['127.0.0.1/32']
  const notary = { listen: '127.0.0.1:0', tls: { mode: 'off' }, trustedProxies }
  const hosts = [`localhost:${registryPort}`]
  writeFileSync(file, stringify({ listen: '127.0.0.1:0', hosts, trustedProxies, notary, log: { requests: 'all' } }))
  mkdirSync(root)
  await setPassword(root, 'ann', 'password of ann')
  const server = await startServer(['--root', root, '--config', file, '--notary-listen', '127.0.0.1:0'])
  stack.defer(async () => void (await server.stop()))
  const log = (): string => server.stdout() + server.stderr()
  const [, url = ''] = await until(() => /^ibuild serves trusted collections at (\S+)\n/m.exec(log()), 10_000, log)
  const through = { url: `https://localhost:${notaryPort}`, authority: join(tls, 'ca.crt') }
  const isReady = async (port: number): Promise<boolean> =>
    (await get({ ...through, url: `https://localhost:${port}` }, '/v2/').catch(() => undefined))?.status === 401
  stack.use(
    await startNginx(join(folder, 'nginx'), {
      tls,
      registry: { at: new URL(server.url).host, port: registryPort },
      notary: { at: new URL(url).host, port: notaryPort },
      ready: async () => (await isReady(registryPort)) && (await isReady(notaryPort)),
    }),
  )
  return { folder, registry: `localhost:${registryPort}`, notary: through }
}

/** An image in a folder, with a layer of random bytes: more than nginx takes without a word in its configuration. */
async function imageFolder(folder: string, bytes: number): Promise<string> {
  const context = join(folder, 'context')
  mkdirSync(context)
  writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY layer /\n')
  writeFileSync(join(context, 'layer'), randomBytes(bytes))
  const root = join(folder, 'store')
  const image = join(folder, 'image')
  const ibuild = [ibuildScript, 'build', '--root', root, '-o', `type=oci,dest=${image},tar=false`, context]
  await runOk(process.execPath, ibuild)
  return image
}

const stock = skipFor(test.serial, missing(['root', 'nginx', 'skopeo', 'notary', 'crane']))

stock('large layers go through nginx, with logins of the registry behind it', async (t) => {
  const { folder, registry, notary } = await scene()
  const image = await imageFolder(folder, 24 * 2 ** 20)
  const certificates = join(folder, 'certificates')
  mkdirSync(certificates)
  writeFileSync(join(certificates, 'ca.crt'), readFileSync(notary.authority))
  const skopeo = requireProgram('skopeo')
  const name = `${registry}/team/app:1`
  const [cert, login] = [`--dest-cert-dir=${certificates}`, '--dest-creds=ann:password of ann']
  await runOk(skopeo, ['copy', '--insecure-policy', cert, login, `oci:${image}`, `docker://${name}`])
  await t.throwsAsync(
    runOk(skopeo, ['copy', '--insecure-policy', cert, '--dest-creds=ann:x', `oci:${image}`, `docker://${name}`]),
    { message: /unauthorized|authentication|denied/i },
  )

  const crane = requireProgram('crane')
  const env = { SSL_CERT_FILE: notary.authority, DOCKER_CONFIG: join(folder, 'docker') }
  await runOk(crane, ['auth', 'login', registry, '-u', 'ann', '--password-stdin'], { env, input: 'password of ann' })
  await runOk(crane, ['copy', name, `${registry}/team/copy:1`], { env })
  await runOk(crane, ['validate', '--remote', `${registry}/team/copy:1`], { env })
  const [digest, copied] = await Promise.all(
    ['app', 'copy'].map(async (repository) => runOk(crane, ['digest', `${registry}/team/${repository}:1`], { env })),
  )
  t.is(digest?.stdout, copied?.stdout)
})

stock('a client is told where tokens are by the name that it has for nginx', async (t) => {
  const { registry, notary } = await scene()
  for (const url of [`https://${registry}`, notary.url]) {
    const { headers } = await get({ ...notary, url }, '/v2/')
    t.regex(String(headers['www-authenticate']), new RegExp(`realm="${url}/token"`))
  }
})

stock('a notary behind nginx is published to, and read', async (t) => {
  const { folder, registry, notary } = await scene()
  const ann = stockClient(notary, join(folder, 'ann'), { account: 'ann:password of ann' })
  const gun = `${registry}/team/app`
  const target = join(folder, 'target')
  writeFileSync(target, 'a target')
  await ann.notary('init', gun)
  await ann.notary('add', gun, 'v1', target, '-p')
  const other = stockClient(notary, join(folder, 'other'), { account: 'ann:password of ann' })
  t.regex(await other.notary('list', gun), /v1\s+[0-9a-f]{64}/)
  const nobody = stockClient(notary, join(folder, 'nobody'), { account: 'ann:wrong' })
  await nobody.refused('list', gun)
})
