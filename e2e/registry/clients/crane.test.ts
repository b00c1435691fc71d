import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { requireProgram } from '../../testing/programs.ts'
import { run, runOk } from '../../testing/run.ts'
import { configOf, contentOf, contentOfLayout, layersOf, told } from './content.ts'
import { imagesOnce } from './images.ts'
import { ourServer, peerServer, shortFolder } from './server.ts'

const images = imagesOnce()
const withCrane = needs(test.serial, 'root', 'crane', 'busybox', 'runc', 'skopeo')

async function crane(...args: readonly string[]): Promise<string> {
  return (await runOk(requireProgram('crane'), args)).stdout.trim()
}

/** The image with this tag alone in a layout of its own, as crane wants it. */
async function alone(layout: string, tag: string): Promise<string> {
  const folder = join(layout, '..', `alone-${tag}`)
  await runOk(requireProgram('skopeo'), [
    'copy',
    '--all',
    '--preserve-digests',
    `oci:${layout}:${tag}`,
    `oci:${folder}:${tag}`,
  ])
  return folder
}

withCrane('crane pushes and pulls, byte for byte', async (t) => {
  const [{ layout }, host] = [await images(), await ourServer(t)]
  for (const tag of ['app', 'plain', 'zstd']) {
    const expected = await contentOfLayout(layout, tag)
    t.is(await crane('push', await alone(layout, tag), `${host}/sample:${tag}`), `${host}/sample@${expected.digest}`)
    t.deepEqual(told(await contentOf(host, 'sample', tag)), told(expected))
    t.is(await crane('digest', `${host}/sample:${tag}`), expected.digest)
    const back = join(shortFolder(t), 'back')
    await crane('pull', '--format', 'oci', `${host}/sample:${tag}`, back)
    t.deepEqual(told(await contentOfLayout(back, tag)), told(expected))
    // it takes every layer of an image without compression for gzip
    await crane('validate', '--remote', `${host}/sample:${tag}`, ...(tag === 'app' ? [] : ['--fast']))
  }
  t.is(await crane('ls', `${host}/sample`), 'app\nplain\nzstd')
  t.is(await crane('catalog', host), 'sample')
  t.is(
    await crane('config', `${host}/sample:app`),
    configOf(await contentOfLayout(layout, 'app'))
      .bytes.toString()
      .trim(),
  )
})

withCrane('crane copies indexes within a registry and between registries', async (t) => {
  const [{ layout }, host] = [await images(), await ourServer(t)]
  const other = await peerServer(t, 'docker-registry')
  await crane('push', '--index', await alone(layout, 'multi'), `${host}/multi:1`) // an index of the layout: ours is in it
  await crane('copy', `${host}/multi:1`, `${host}/copied/multi:2`)
  await crane('copy', `${host}/multi:1`, `${other.host}/multi:1`)
  await crane('copy', `${other.host}/multi:1`, `${host}/back:1`)
  const pushed = await contentOf(host, 'multi', '1')
  const { blobs } = await contentOfLayout(layout, 'multi')
  t.deepEqual(
    [...blobs.keys()].filter((digest) => !pushed.blobs.has(digest)),
    [],
  )
  t.deepEqual(told(await contentOf(host, 'copied/multi', '2')), told(pushed))
  t.deepEqual(told(await contentOf(host, 'back', '1')), told(pushed))
  await crane('tag', `${host}/multi:1`, 'another')
  t.is(await crane('digest', `${host}/multi:another`), pushed.digest)
  t.is(await crane('catalog', host), 'back\ncopied/multi\nmulti')
})

withCrane('crane changes images: what it does not change stays', async (t) => {
  const [{ layout, space }, host] = [await images(), await ourServer(t)]
  await crane('push', await alone(layout, 'app'), `${host}/sample:app`)
  const before = await contentOf(host, 'sample', 'app')
  await crane('mutate', `${host}/sample:app`, '--label', 'by=crane', '--tag', `${host}/sample:labelled`)
  const labelled = await contentOf(host, 'sample', 'labelled')
  t.deepEqual(
    layersOf(labelled).map(({ digest }) => digest),
    layersOf(before).map(({ digest }) => digest),
  )
  t.like(JSON.parse(configOf(labelled).bytes.toString()), { config: { Labels: { by: 'crane' } } })

  const folder = join(space.folder, 'more')
  mkdirSync(folder)
  writeFileSync(join(folder, 'more'), 'more\n')
  await runOk('tar', ['-C', folder, '-cf', `${folder}.tar`, 'more'])
  await crane('append', '-b', `${host}/sample:app`, '-f', `${folder}.tar`, '-t', `${host}/elsewhere:more`)
  t.is(layersOf(await contentOf(host, 'elsewhere', 'more')).length, layersOf(before).length + 1)
  await crane('validate', '--remote', `${host}/elsewhere:more`)
})

withCrane('crane deletes tags and manifests', async (t) => {
  const [{ layout }, host] = [await images(), await ourServer(t)]
  const app = await alone(layout, 'app')
  for (const tag of ['a', 'b']) await crane('push', app, `${host}/sample:${tag}`)
  await crane('delete', `${host}/sample:a`)
  t.is(await crane('ls', `${host}/sample`), 'b')
  await crane('delete', `${host}/sample@${await crane('digest', `${host}/sample:b`)}`)
  t.is(await crane('ls', `${host}/sample`), '')
  t.regex((await run(requireProgram('crane'), ['digest', `${host}/sample:b`])).stderr, /MANIFEST_UNKNOWN|404/)
})
