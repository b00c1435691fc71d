import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { run, runOk } from '../../testing/run.ts'
import { contentOf, contentOfLayout, told } from './content.ts'
import { imagesOnce } from './images.ts'
import { ourServer, peerServer } from './server.ts'

const images = imagesOnce()
const plain = ['--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false']

async function skopeo(args: readonly string[]): Promise<string> {
  return (await runOk(requireProgram('skopeo'), args)).stdout
}

const withSkopeo = needs(test.serial, 'root', 'skopeo', 'busybox', 'runc')

withSkopeo('skopeo copies images to us and back, byte for byte', async (t) => {
  const [{ layout }, host] = [await images(), await ourServer(t)]
  for (const tag of ['app', 'plain', 'zstd']) {
    await skopeo(['copy', ...plain, `oci:${layout}:${tag}`, `docker://${host}/team/sample:${tag}`])
    const pushed = await contentOf(host, 'team/sample', tag)
    t.deepEqual(told(pushed), told(await contentOfLayout(layout, tag)), tag)
    const back = join(layout, '..', `back-${tag}`)
    await skopeo(['copy', ...plain, `docker://${host}/team/sample:${tag}`, `oci:${back}:${tag}`])
    t.deepEqual(told(await contentOfLayout(back, tag)), told(pushed), tag)
  }
})

withSkopeo('skopeo copies an index with all its platforms', async (t) => {
  const [{ layout }, host] = [await images(), await ourServer(t)]
  await skopeo(['copy', '--all', ...plain, `oci:${layout}:multi`, `docker://${host}/multi:1`])
  const pushed = await contentOf(host, 'multi', '1')
  t.deepEqual(told(pushed), told(await contentOfLayout(layout, 'multi')))
  await skopeo(['copy', '--all', ...plain, `docker://${host}/multi:1`, `docker://${host}/below/multi:2`])
  t.deepEqual(told(await contentOf(host, 'below/multi', '2')), told(pushed))
  const raw = await skopeo(['inspect', '--raw', '--tls-verify=false', `docker://${host}/multi:1`])
  t.is(raw, String(pushed.blobs.get(pushed.digest)))
})

withSkopeo('skopeo inspects, lists and deletes', async (t) => {
  const [{ layout }, host] = [await images(), await ourServer(t)]
  for (const tag of ['b', 'a', 'c'])
    await skopeo(['copy', ...plain, `oci:${layout}:app`, `docker://${host}/sample:${tag}`])
  await skopeo(['copy', ...plain, `oci:${layout}:zstd`, `docker://${host}/sample:other`])
  const inspected = await skopeo(['inspect', '--tls-verify=false', `docker://${host}/sample:a`])
  t.is(JSON.parse(inspected).Digest, (await contentOfLayout(layout, 'app')).digest)
  t.deepEqual(JSON.parse(await skopeo(['list-tags', '--tls-verify=false', `docker://${host}/sample`])).Tags, [
    'a',
    'b',
    'c',
    'other',
  ])
  await skopeo(['delete', '--tls-verify=false', `docker://${host}/sample:a`]) // it deletes by digest: all tags of the manifest
  t.deepEqual(JSON.parse(await skopeo(['list-tags', '--tls-verify=false', `docker://${host}/sample`])).Tags, ['other'])
  const gone = await run(requireProgram('skopeo'), ['inspect', '--tls-verify=false', `docker://${host}/sample:b`])
  t.regex(gone.stderr, /manifest unknown/)
})

for (const peer of ['docker-registry', 'distribution'] as const) {
  needs(
    test.serial,
    'root',
    'skopeo',
    'busybox',
    'runc',
    peer,
  )(`images go from us to ${peer} and back`, async (t) => {
    const [{ layout }, host, other] = [await images(), await ourServer(t), await peerServer(t, peer)]
    for (const tag of ['app', 'zstd', 'multi']) {
      await skopeo(['copy', '--all', ...plain, `oci:${layout}:${tag}`, `docker://${host}/from/us:${tag}`])
      await skopeo([
        'copy',
        '--all',
        ...plain,
        `docker://${host}/from/us:${tag}`,
        `docker://${other.host}/there:${tag}`,
      ])
      await skopeo(['copy', '--all', ...plain, `docker://${other.host}/there:${tag}`, `docker://${host}/back:${tag}`])
      const expected = told(await contentOfLayout(layout, tag))
      t.deepEqual(told(await contentOf(other.host, 'there', tag)), expected)
      t.deepEqual(told(await contentOf(host, 'back', tag)), expected)
    }
  })
}
