import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { startDockerd } from '../../testing/dockerd.ts'
import { needs } from '../../testing/needs.ts'
import { runOk } from '../../testing/run.ts'
import { busyboxTar } from '../../testing/workspace.ts'
import { makeNetworks } from './networks.ts'
import { startServing } from './serving.ts'

needs(
  test,
  'root',
  'dockerd',
  'docker',
  'ip',
  'busybox',
)('docker on another machine pushes and pulls over TLS, once it was given the CA as the server says', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string): string => join(folder, name)
  const { server, client } = await makeNetworks(t)
  const args = ['--root', at('root'), '--listen', `${server.address}:0`, '--tls', 'auto', '--insecure-anonymous-push']
  const serving = await startServing(t, args, { prefix: ['ip', 'netns', 'exec', server.name] })
  const { host } = new URL(serving.url)
  mkdirSync(at('certs'))
  const noProxy = { HTTP_PROXY: '', HTTPS_PROXY: '', NO_PROXY: '*' }
  await using dockerd = await startDockerd(at('d'), { network: client.name, certificates: at('certs'), env: noProxy })
  const image = `${host}/team/app:1`
  await dockerd.docker(['import', '-', image], { input: await busyboxTar() })
  const { stdout: id } = await dockerd.docker(['images', '--no-trunc', '--quiet', image])

  const distrusted = await dockerd.tryDocker(['push', image])
  t.not(distrusted.code, 0)
  t.regex(distrusted.stderr, /x509: certificate signed by unknown authority/)

  const [, line = ''] = /trust this registry after: (install .*)"/.exec(serving.stderr()) ?? []
  t.true(line.endsWith(` /etc/docker/certs.d/${host}/ca.crt`), line)
  await runOk('sh', ['-c', line.replace('/etc/docker/certs.d', at('certs'))])

  await dockerd.docker(['push', image])
  await dockerd.docker(['rmi', image])
  await dockerd.docker(['pull', image])
  t.is((await dockerd.docker(['images', '--no-trunc', '--quiet', image])).stdout, id)
  t.is(await serving.stop(), 0)
})
