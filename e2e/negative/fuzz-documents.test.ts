import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import * as fc from 'fast-check'
import { loadImages } from '../../builder/export/load.ts'
import { openStore } from '../../builder/store/open.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { parseJson } from '../../shared/base/json.ts'
import { parseConfig, serializeConfig } from '../../shared/oci/config.ts'
import { parseIndex, parseManifest, serializeManifest } from '../../shared/oci/manifest.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { applyChanges, changes, fuzz } from './fuzz.ts'
import { dockerArchive, goodConfig, layoutArchive } from './image-archive.ts'
import { plan } from './plan-text.ts'

const jsonWords = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  'null',
  'true',
  '-1',
  '1e999',
  '0.5',
  '9007199254740993',
  '"__proto__":{}',
  '"constructor"',
  '"sha256:',
  '\\u0000',
  '\\ud800',
  '/../',
  '""',
  '{}',
  '[]',
]

/** JSON text with changes in the text, or with values put in the place of others. */
function mutatedJson(document: object): fc.Arbitrary<string> {
  const text = JSON.stringify(document)
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-1, 1e300, '', [], {}, null, '\u0000', 'a'.repeat(5000)),
  )
  const replaced = fc
    .tuple(fc.noBias(fc.nat(9999)), value)
    .map(([at, other]) => JSON.stringify(replaceAt(document, at, other)))
  return fc.oneof(
    replaced,
    changes(jsonWords).map((list) => applyChanges(text, list)),
  )
}

/** A copy with the value number `at`, counted in depth, replaced. */
function replaceAt(document: unknown, at: number, other: unknown): unknown {
  let left = at % countValues(document)
  const copy = (value: unknown): unknown => {
    if (left-- === 0) return other
    if (Array.isArray(value)) return value.map(copy)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copy(member)]))
  }
  return copy(document)
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce((sum: number, member) => sum + countValues(member), 1)
}

const richConfig = {
  ...goodConfig(),
  author: 'a',
  variant: 'v8',
  config: {
    User: 'a:b',
    Env: ['A=b', 'PATH=/bin'],
    Entrypoint: ['x'],
    Cmd: ['y'],
    Volumes: { '/v': {} },
    WorkingDir: '/w',
    Labels: { a: 'b' },
    StopSignal: 'SIGTERM',
    ExposedPorts: { '80/tcp': {} },
    OnBuild: ['RUN x', 'COPY a b'],
    Shell: ['sh'],
    Healthcheck: { Test: ['CMD', 'x'], Interval: 1e9, Retries: 3 },
  },
}

test.serial('changed image configs are read or refused, and a build on them is planned or refused', async (t) => {
  const dockerfile = Buffer.from(
    'FROM x\nARG A\nENV B=$A$PATH\nWORKDIR sub\nUSER c\nEXPOSE 81\nRUN y\nCMD z\nLABEL q=r\nVOLUME /w\n',
  )
  const check = async (text: string): Promise<void> => {
    const config = parseConfig(parseJson(text, { what: 'image config' }))
    const bytes = serializeConfig(config)
    t.deepEqual(serializeConfig(parseConfig(parseJson(bytes, { what: 'again' }))), bytes)
    await plan(dockerfile, config)
  }
  await fuzz(t, { arbitrary: mutatedJson(richConfig), runs: 30_000, check })
})

const descriptor = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar',
  digest: digestOf('x'),
  size: 5,
  annotations: { a: 'b' },
  platform: { os: 'linux', architecture: 'amd64' },
}
const documents = [
  {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { ...descriptor, mediaType: 'application/vnd.oci.image.config.v1+json' },
    layers: [descriptor],
    annotations: { a: 'b' },
  },
  {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [descriptor],
    annotations: { a: 'b' },
  },
]

test.serial('changed manifests and indexes are read or refused', async (t) => {
  const check = (text: string): void => {
    const value = parseJson(text, { what: 'document' })
    const parsed = text.includes('"manifests"') ? parseIndex(value) : parseManifest(value)
    serializeManifest(parsed)
  }
  await fuzz(t, { arbitrary: fc.oneof(...documents.map(mutatedJson)), runs: 30_000, check })
})

/** Archives with bytes written over, and archives that are whole but for what their documents say. */
const changedArchives = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(dockerArchive({ config: richConfig }), layoutArchive({ config: richConfig })),
      fc.array(fc.tuple(fc.noBias(fc.nat(999_999)), fc.nat(255)), { minLength: 1, maxLength: 3 }),
    )
    .map(([bytes, places]) =>
      places.reduce(
        (before, [at, byte]) => before.fill(byte, at % bytes.length, (at % bytes.length) + 1),
        Buffer.from(bytes),
      ),
    ),
  mutatedJson(richConfig).map((config) => dockerArchive({ config })),
  mutatedJson(richConfig).map((config) => layoutArchive({ config })),
  mutatedJson([{ Config: 'config.json', RepoTags: ['a:b', 'c'], Layers: ['layer.tar'] }]).map((manifest) =>
    dockerArchive({ manifest }),
  ),
  changes(['\0'.repeat(512), 'ustar', '../', '/', '\xff', '7777777']).map((list) =>
    Buffer.from(applyChanges(dockerArchive().toString('latin1'), list), 'latin1'),
  ),
)

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}

test.serial('changed image archives are loaded or refused, and never half', async (t) => {
  const store = openStore(join(temporaryFolder(t), 'data'))
  const check = async (bytes: Buffer): Promise<void> => {
    const before = store.images.list().length
    try {
      await loadImages(store, pieces(bytes))
    } catch (error) {
      t.is(store.images.list().length, before)
      throw error
    }
    for (const { manifestDigest, config } of store.images.list()) {
      t.true(config.rootfs.diff_ids.every((diffID) => store.layers.get(diffID) !== undefined))
      await store.images.remove(manifestDigest)
    }
  }
  await fuzz(t, { arbitrary: changedArchives, runs: 2000, check })
  t.true(readdirSync(join(store.root, 'tmp')).every((own) => readdirSync(join(store.root, 'tmp', own)).length === 0))
})
