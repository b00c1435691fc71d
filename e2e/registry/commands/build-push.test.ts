import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { needs } from '../../testing/needs.ts'
import { digestIn, fetchBytes, makeScene } from './scene.ts'

const peer = ['root', 'busybox', 'docker-registry'] as const
const files = { Dockerfile: 'FROM busybox\nCOPY f /f\n', f: 'f' }

interface Document {
  readonly mediaType: string
  readonly layers: readonly { readonly mediaType: string }[]
  readonly annotations?: Readonly<Record<string, string>>
}

const documentOf = async (url: string): Promise<Document> => JSON.parse((await fetchBytes(url)).toString()) as Document

needs(test.serial, ...peer)(
  '--push sends the image under all its names, and tells of it in the metadata file',
  async (t) => {
    const scene = await makeScene(t)
    const names = [`${scene.host}/a:1`, `${scene.host}/a:2`, `${scene.host}/b:1`]
    const context = scene.write('c', files)
    const tags = names.flatMap((name) => ['-t', name])
    const built = await scene.ok([...tags, '--push', '--metadata-file', 'meta.json', context])
    t.regex(built.stdout, /^sha256:[0-9a-f]{64}\n$/)
    const { 'ibuild.outputs': outputs } = JSON.parse(readFileSync(join(scene.folder, 'meta.json'), 'utf8')) as {
      'ibuild.outputs': { type: string; dest: string; descriptor: { digest: string } }[]
    }
    t.is(outputs[0]?.dest, names.join(','))
    for (const name of names) {
      const pulled = await scene.ok(['pull', name], { env: scene.other })
      t.is(digestIn(pulled.stdout), outputs[0]?.descriptor.digest ?? '', name)
    }
  },
)

needs(test.serial, ...peer)(
  'an output of type registry has names, compression, types and annotations of its own',
  async (t) => {
    const scene = await makeScene(t)
    const context = scene.write('c', files)
    const push = async (fields: string): Promise<Document> => {
      await scene.ok(['-q', '-t', 'local', '-o', `type=registry,name=${scene.host}/a:1${fields}`, context])
      return documentOf(`http://${scene.host}/v2/a/manifests/1`)
    }
    t.regex((await push('')).layers[0]?.mediaType ?? '', /tar\+gzip$/)
    t.regex((await push(',compression=zstd')).layers[0]?.mediaType ?? '', /tar\+zstd$/)
    t.regex((await push(',compression=uncompressed')).layers[0]?.mediaType ?? '', /tar$/)
    t.regex((await push(',oci-mediatypes=false')).mediaType, /docker\.distribution\.manifest\.v2/)
    t.is((await push(',annotation.k=v')).annotations?.['k'], 'v')
    t.is((await scene.ibuild(['inspect', `${scene.host}/a:1`])).code, 1, 'the store has the names of -t only')
    await scene.ok(['-q', '-o', `type=image,name=${scene.host}/both:1,push=true`, context])
    await scene.ok(['inspect', `${scene.host}/both:1`])
    await documentOf(`http://${scene.host}/v2/both/manifests/1`)
  },
)

needs(test.serial, ...peer)(
  'a build that cannot be pushed fails before its steps are done, and names nothing',
  async (t) => {
    const scene = await makeScene(t)
    const denying = createServer((_, answer) => {
      answer.writeHead(403, { 'content-type': 'application/json' })
      answer.end('{"errors":[{"code":"DENIED","message":"not \\u001b[31mfor you"}]}')
    })
    await new Promise<void>((resolve) => void denying.listen(0, '127.0.0.1', resolve))
    t.teardown(() => new Promise<void>((resolve) => void denying.close(() => resolve())))
    const host = `127.0.0.1:${(denying.address() as AddressInfo).port}`
    const context = scene.write('c', { Dockerfile: 'FROM busybox\nRUN sleep 100\n' })
    const began = Date.now()
    const { code, stderr } = await scene.ibuild(['-t', `${host}/a:1`, '--push', context])
    t.is(code, 1)
    t.regex(stderr, /cannot push to .*: not for you.* \[REGISTRY_DENIED\]/)
    t.true(Date.now() - began < 60_000)
    t.is((await scene.ibuild(['inspect', `${host}/a:1`])).code, 1)
    const nobody = await scene.ibuild(['-t', '127.0.0.1:1/a:1', '--push', context])
    t.regex(nobody.stderr, /REGISTRY_UNREACHABLE/)
  },
)

const wrong: [args: string[], says: RegExp][] = [
  [['--push'], /needs a name[^]*hint: .*-t HOST/],
  [['-t', 'a', '--push', '-o', 'type=registry'], /same name in a registry/],
  [
    ['-o', 'type=registry,name=a@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'],
    /under a digest/,
  ],
  [['-t', 'a', '-o', 'type=registry,oci-mediatypes=false,compression=zstd'], /no zstd layers/],
  [['-t', 'a', '-o', 'type=registry,annotation-manifest-descriptor.k=v'], /manifest-descriptor/],
]
needs(test.serial, 'busybox')(
  'outputs to registries that make no sense are refused before anything is built',
  async (t) => {
    const { makeWorkspace } = await import('../../testing/workspace.ts')
    const space = await makeWorkspace(t)
    const context = space.write('c', files)
    for (const [args, says] of wrong) {
      const { code, stderr } = await space.ibuild([...args, context])
      t.is(code, 2, stderr)
      t.regex(stderr, says)
    }
  },
)
