import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { needs } from '../testing/needs.ts'
import { runOk } from '../testing/run.ts'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'

const dockerfile = 'FROM scratch\nCOPY a /\nCOPY b /\nLABEL kept=1 changed=1\n'

function sample(space: Workspace): string {
  return space.write('context', { Dockerfile: dockerfile, a: 'a'.repeat(300_000), b: 'b' })
}

interface Document {
  readonly digest: string
  readonly annotations?: Record<string, string>
  readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly size: number }[]
  readonly manifests: readonly { readonly digest: string; readonly annotations?: Record<string, string> }[]
}

function json(bytes: string | Buffer): Document {
  return JSON.parse(bytes.toString()) as Document
}

/** The documents of a layout folder. */
function layoutOf(folder: string): { index: Document; manifest: Document; blob: (digest: string) => Buffer } {
  const blob = (digest: string): Buffer => readFileSync(join(folder, 'blobs', digest.replace(':', '/')))
  const index = json(readFileSync(join(folder, 'index.json')))
  return { index, blob, manifest: json(blob(index.manifests[0]?.digest ?? '')) }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

test('several outputs of one build, each what it says', async (t) => {
  const space = await makeWorkspace(t)
  const outputs = [
    'type=oci,dest=o.tar,compression=gzip',
    'type=docker,dest=d.tar',
    'type=tar,dest=files.tar',
    'type=local,dest=files',
    'type=oci,tar=false,dest=layout,compression=gzip,compression-level=9',
  ].flatMap((spec) => ['-o', spec])
  const { stdout } = await space.ok(['-t', 'app:1', ...outputs, '-o', 'type=image,name=web:2', sample(space)])
  t.regex(stdout, /^sha256:[0-9a-f]{64}\n$/)
  t.is((await space.ok(['inspect', 'web:2'])).stdout, (await space.ok(['inspect', 'app:1'])).stdout)
  t.is(readFileSync(join(space.folder, 'files/a'), 'utf8').length, 300_000)
  const { manifest, blob } = layoutOf(join(space.folder, 'layout'))
  const { config } = JSON.parse((await space.ok(['inspect', 'app:1'])).stdout)[0]
  for (const [i, { mediaType, digest, size }] of manifest.layers.entries()) {
    t.is(mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip')
    t.is(size, blob(digest).length)
    t.is(digestOf(blob(digest)), digest)
    t.is(digestOf(gunzipSync(blob(digest))), config.rootfs.diff_ids[i])
  }
  t.true(statSync(join(space.folder, 'o.tar')).size < statSync(join(space.folder, 'd.tar')).size / 10)
})

test('one output may go to stdout, which then has nothing else', async (t) => {
  const space = await makeWorkspace(t)
  const { bytes } = await space.ok(['-t', 'app', '-o', 'type=oci', '-o', 'type=tar,dest=files.tar', sample(space)])
  writeFileSync(join(space.folder, 'got.tar'), bytes)
  t.is(bytes.length % 512, 0)
  t.regex((await space.ok(['load', '-q', join(space.folder, 'got.tar')])).stdout, /^sha256:/)
})

test('the same outputs have the same bytes, compressed anew or not', async (t) => {
  const space = await makeWorkspace(t)
  const context = sample(space)
  const spec = (name: string): string[] => ['-o', `type=oci,dest=${name},compression=zstd`]
  await space.ok(['-t', 'app', ...spec('1.tar'), context])
  await space.ok(['-t', 'app', ...spec('2.tar'), context])
  await space.ok(['prune', '-a'])
  await space.ok(['save', '--format', 'oci', '--compression', 'zstd', '-o', '3.tar', 'app'], {
    env: { UV_THREADPOOL_SIZE: '1' },
  })
  const [first, ...others] = ['1.tar', '2.tar', '3.tar'].map((name) => digestOf(readFileSync(join(space.folder, name))))
  t.deepEqual(others, [first, first])
})

test('annotations are in the manifest of the store and of archives, and in their index where that is asked', async (t) => {
  const space = await makeWorkspace(t)
  const context = sample(space)
  const plain = (await space.ok(['-t', 'plain', context])).stdout
  const archive = 'type=oci,tar=false,dest=layout,annotation.a=3,annotation-manifest-descriptor.e=5'
  const flags = '-t app:1 --annotation b=2 --annotation manifest:a=1 --annotation manifest-descriptor:d=4'.split(' ')
  const outputs = ['-o', archive, '-o', 'type=image,annotation.c=6', '--metadata-file', 'metadata.json']
  const annotated = await space.ok([...flags, ...outputs, context])
  t.is(annotated.stdout, plain, 'the image ID stays')
  const { index, manifest } = layoutOf(join(space.folder, 'layout'))
  t.deepEqual(manifest.annotations, { a: '3', b: '2', c: '6' })
  t.like(index.manifests[0]?.annotations, { d: '4', e: '5', 'io.containerd.image.name': 'docker.io/library/app:1' })
  const metadata = JSON.parse(readFileSync(join(space.folder, 'metadata.json'), 'utf8'))
  t.not(metadata['containerimage.digest'], metadata['ibuild.outputs'][0].descriptor.digest)

  for (const format of ['docker', 'oci']) {
    const other = await makeWorkspace(t)
    const { bytes: input } = await space.ok(['save', '--format', format, 'app:1'])
    await other.ok(['load'], { input })
    await other.ok(['save', '--format', 'oci-dir', '-o', 'layout', 'app:1'])
    const again = layoutOf(join(other.folder, 'layout'))
    t.deepEqual(again.manifest.annotations, { a: '1', b: '2', c: '6' }, `after load of ${format}`)
    t.is(again.index.manifests[0]?.digest, metadata['containerimage.digest'])
  }
})

test('--label changes what LABEL says, and adds', async (t) => {
  const space = await makeWorkspace(t)
  await space.ok(['-t', 'app', '--label', 'changed=2', '--label', 'added=3', '--label', 'empty', sample(space)])
  const { config } = JSON.parse((await space.ok(['inspect', 'app'])).stdout)[0]
  t.deepEqual(config.config.Labels, { kept: '1', changed: '2', added: '3', empty: '' })
})

test('--metadata-file tells digests, names, outputs and warnings', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'from scratch\nCOPY Dockerfile /\n' })
  const args = ['-t', 'b:1', '-t', 'host:5000/a', '-o', 'type=oci,dest=o.tar', '-o', 'type=tar,dest=f.tar']
  const { stdout } = await space.ok([...args, '--iidfile', 'id', '--metadata-file', 'deep/metadata.json', context])
  const metadata = JSON.parse(readFileSync(join(space.folder, 'deep/metadata.json'), 'utf8'))
  t.is(readFileSync(join(space.folder, 'id'), 'utf8'), stdout.trim())
  t.is(metadata['containerimage.config.digest'], stdout.trim())
  t.is(metadata['containerimage.descriptor'].digest, metadata['containerimage.digest'])
  t.is(metadata['image.name'], 'docker.io/library/b:1,host:5000/a:latest')
  const types = metadata['ibuild.outputs'].map(({ type, dest }: Record<string, string>) => `${type} ${dest}`)
  t.deepEqual(types, ['oci o.tar', 'tar f.tar'])
  t.is(metadata['ibuild.outputs'][0].descriptor.digest, metadata['containerimage.digest'])
  t.like(metadata['ibuild.warnings'][0], { rule: 'ConsistentInstructionCasing', file: 'Dockerfile', startLine: 1 })
  t.deepEqual(readdirSync(join(space.folder, 'deep')), ['metadata.json'])
})

test('a failed build leaves the old metadata and archive', async (t) => {
  const space = await makeWorkspace(t)
  const context = space.write('c', { Dockerfile: 'FROM scratch\nCOPY missing /\n' })
  space.write('', { 'm.json': 'old', 'o.tar': 'old' })
  const { code } = await space.ibuild(['--metadata-file', 'm.json', '-o', 'type=oci,dest=o.tar', context])
  t.is(code, 1)
  for (const name of ['m.json', 'o.tar']) t.is(readFileSync(join(space.folder, name), 'utf8'), 'old')
})

needs(test, 'root')(
  'devices and pipes are written to, symlinks are followed, left-overs of dead processes go',
  async (t) => {
    const space = await makeWorkspace(t)
    const context = sample(space)
    await runOk('mknod', [join(space.folder, 'null'), 'c', '1', '3'])
    await space.ok(['-o', 'type=tar,dest=null', context])
    t.true(lstatSync(join(space.folder, 'null')).isCharacterDevice())

    await runOk('mkfifo', [join(space.folder, 'pipe')])
    const [{ bytes }] = await Promise.all([
      runOk('cat', [join(space.folder, 'pipe')]),
      space.ok(['-o', 'type=tar,dest=pipe', context]),
    ])
    t.true(bytes.length > 300_000)

    mkdirSync(join(space.folder, 'real'))
    writeFileSync(join(space.folder, 'real/file'), 'old')
    symlinkSync('real/file', join(space.folder, 'link'))
    writeFileSync(join(space.folder, 'real/file.999999-1-000000000000-1.partial'), 'half')
    writeFileSync(join(space.folder, 'real/file.mine.partial'), 'not ours')
    await space.ok(['-o', 'type=tar,dest=link', context])
    t.true(lstatSync(join(space.folder, 'link')).isSymbolicLink())
    t.true(statSync(join(space.folder, 'real/file')).size > 300_000)
    t.deepEqual(readdirSync(join(space.folder, 'real')).sort(), ['file', 'file.mine.partial'])
  },
)

test('a layout folder takes one image after the other', async (t) => {
  const space = await makeWorkspace(t)
  const context = sample(space)
  await space.ok(['-t', 'one:1', '-o', 'type=oci,tar=false,dest=layout', context])
  await space.ok(['-t', 'two:1', '--label', 'n=2', '-o', 'type=oci,tar=false,dest=layout', context])
  await space.ok(['-t', 'one:1', '--label', 'n=3', '-o', 'type=oci,tar=false,dest=layout', context])
  const { index } = layoutOf(join(space.folder, 'layout'))
  const names = index.manifests.map(({ annotations = {} }) => annotations['io.containerd.image.name'])
  t.deepEqual(names, ['docker.io/library/two:1', 'docker.io/library/one:1'])
  const tags = index.manifests.map(({ annotations = {} }) => annotations['org.opencontainers.image.ref.name'])
  t.is(new Set(tags).size, 2, 'each image has a tag of its own')

  const other = await makeWorkspace(t)
  const { stdout } = await other.ok(['load', join(space.folder, 'layout')])
  const id = JSON.parse((await space.ok(['inspect', 'one:1'])).stdout)[0].id
  t.regex(stdout, new RegExp(`^loaded one:1 ${id}$`, 'm'))

  const blob = join(space.folder, 'layout/blobs/sha256', id.slice('sha256:'.length))
  const content = readFileSync(blob)
  writeFileSync(blob, Buffer.alloc(content.length))
  await space.ok(['save', '--format', 'oci-dir', '-o', 'layout', 'one:1'])
  t.deepEqual(readFileSync(blob), content, 'a damaged blob is written again')
})
