import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdirSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { minute, type TokenRegistry, tokenRegistry } from '../../../registry/token/testing/token-registry.ts'
import { startDockerd } from '../../testing/dockerd.ts'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { run, runOk } from '../../testing/run.ts'
import { imagesOnce } from '../clients/images.ts'
import { shortFolder } from '../clients/server.ts'

const images = imagesOnce()

/**
 * A registry for which every request to an upload that was begun comes hours later than the client knows: then its tokens are
 * over. All other requests come in time.
 */
async function slowUploads(t: ExecutionContext): Promise<{ registry: TokenRegistry; late: string[] }> {
  const delay = new AsyncLocalStorage<number>()
  const registry = await tokenRegistry(t, { ahead: () => delay.getStore() ?? 0 })
  const late: string[] = []
  const [listener] = registry.server.listeners('request') as RequestListener[]
  registry.server.removeAllListeners('request')
  registry.server.on('request', (request, response) => {
    const { method = '', url = '' } = request
    const isLate = /\/blobs\/uploads\/[^/?]/.test(url)
    if (isLate) late.push(method)
    delay.run(isLate ? 180 * minute : 0, () => listener?.(request, response))
  })
  return { registry, late }
}

const plain = ['--src-tls-verify=false', '--dest-tls-verify=false']

needs(
  test.serial,
  'root',
  'skopeo',
  'busybox',
  'runc',
)('a push of skopeo outlives its token', async (t) => {
  const [{ layout }, { registry, late }] = [await images(), await slowUploads(t)]
  const to = `docker://127.0.0.1:${registry.port}/ann/app:1`
  await runOk(requireProgram('skopeo'), ['copy', ...plain, '--dest-creds', 'ann:anns', `oci:${layout}:app`, to])
  t.true(late.includes('PATCH') && late.includes('PUT'), late.join())
})

needs(
  test.serial,
  'root',
  'crane',
  'skopeo',
  'busybox',
  'runc',
)('a push of crane outlives its token', async (t) => {
  const [{ layout }, { registry, late }] = [await images(), await slowUploads(t)]
  const folder = shortFolder(t)
  const [alone, env] = [join(folder, 'alone'), { DOCKER_CONFIG: folder }]
  await runOk(requireProgram('skopeo'), ['copy', '--preserve-digests', `oci:${layout}:app`, `oci:${alone}:app`])
  const host = `127.0.0.1:${registry.port}`
  await runOk(requireProgram('crane'), ['auth', 'login', '-u', 'ann', '-p', 'anns', host], { env })
  await runOk(requireProgram('crane'), ['push', alone, `${host}/ann/app:1`], { env })
  t.true(late.includes('PATCH') && late.includes('PUT'), late.join())
})

needs(
  test.serial,
  'root',
  'skopeo',
  'busybox',
  'runc',
)('without what is in the address of an upload such a push fails', async (t) => {
  const [{ layout }, { registry }] = [await images(), await slowUploads(t)]
  const strip = (text: string): string => text.replace(/(\/blobs\/uploads\/[^./]+)\.[\w.-]+/, '$1')
  const [listener] = registry.server.listeners('request') as RequestListener[]
  registry.server.removeAllListeners('request')
  registry.server.on('request', (request, response) => {
    request.url = strip(request.url ?? '')
    listener?.(request, response)
  })
  const to = `docker://127.0.0.1:${registry.port}/ann/app:1`
  const output = await run(requireProgram('skopeo'), [
    'copy',
    ...plain,
    '--dest-creds',
    'ann:anns',
    `oci:${layout}:app`,
    to,
  ])
  t.not(output.code, 0)
  t.regex(output.stderr, /unauthorized|authentication|401/i)
})

needs(
  test.serial,
  'root',
  'docker',
  'dockerd',
  'busybox',
  'runc',
)('a push of docker outlives its token', async (t) => {
  const [{ space }, { registry, late }] = [await images(), await slowUploads(t)]
  const folder = join(shortFolder(t), 'd')
  mkdirSync(folder)
  const daemon = await startDockerd(folder)
  t.teardown(() => daemon.close())
  await daemon.docker(['load'], { input: (await space.ok(['save', '--format', 'docker', 'sample:plain'])).bytes })
  const host = `127.0.0.1:${registry.port}`
  await daemon.docker(['login', '-u', 'ann', '--password-stdin', host], { input: 'anns' })
  await daemon.docker(['tag', 'sample:plain', `${host}/ann/app:1`])
  await daemon.docker(['push', `${host}/ann/app:1`])
  t.true(late.includes('PATCH') && late.includes('PUT'), late.join())
})
