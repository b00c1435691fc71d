import { closeSync, createReadStream, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { importLayer } from '../../builder/layers/import-layer.ts'
import { encodeLayerIndex, indexOf, openLayerIndex } from '../../builder/layers/layer-index.ts'
import { writeLayer } from '../../builder/layers/layer-writer.ts'
import { mergeRun } from '../../builder/layers/merge/merge-run.ts'
import { scanSnapshot } from '../../builder/layers/snapshot-layer.ts'
import { collect } from '../../builder/layers/testing/stream.ts'
import { createView, type LayerRef, type RootfsView } from '../../builder/layers/view.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { run, runOk } from '../testing/run.ts'
import { temporaryFolder } from '../testing/temporary.ts'
import { describeDirectory, describeView } from './describe.ts'
import { writeLayout } from './layout.ts'
import { describeMounted, extractAll, makeStacks, type OverlayRequest, type SeededStack } from './overlays.ts'
import type { MadeStack } from './stack-maker.ts'

interface MergedLayer extends LayerRef {
  readonly file: string
  readonly size: number
  readonly entries: readonly LayerEntry[]
}

/** Layers `from` to `to` of a stack, counted from 0, `to` not among them, as one. */
async function merged(layers: readonly LayerRef[], from: number, to: number, name: string): Promise<MergedLayer> {
  const run = mergeRun(layers.slice(0, to), from)
  try {
    const file = `${name}.tar`
    const { diffID, size, ...written } = await writeLayer(run.members, file, { sync: false })
    const entries = [...written.entries]
    writeFileSync(`${name}.index`, encodeLayerIndex(entries))
    return { diffID, size, entries, file, bytes: { kind: 'tar', file }, index: openLayerIndex(`${name}.index`) }
  } finally {
    run.close()
  }
}

function ranges(count: number): [from: number, to: number][] {
  return Array.from({ length: count }, (_, from) => from).flatMap((from) =>
    Array.from({ length: count - from }, (_, i): [number, number] => [from, from + i + 1]),
  )
}

test('whatever run of a random stack is merged, the stack makes the same tree', async (t) => {
  for (const { layers, view, dir, seed } of await makeStacks(t, 9001)) {
    const wanted = await describeView(view)
    for (const [from, to] of ranges(layers.length)) {
      const at = `stack ${seed}, layers ${from} to ${to}`
      const layer = await merged(layers, from, to, join(dir, `merged-${from}-${to}`))
      const stack = [...layers.slice(0, from), layer, ...layers.slice(to)]
      t.deepEqual(await describeView(createView(stack)), wanted, at)
      checkMarks(t, createView(layers.slice(0, from)), layer, at)
      const again = await merged(stack, from, from + 1, join(dir, 'again'))
      t.is(again.diffID, layer.diffID, `${at}: merging what is merged changes nothing`)
    }
  }
})

/** A mark that hides nothing has no place in a layer. */
function checkMarks(t: ExecutionContext, below: RootfsView, { entries }: MergedLayer, at: string): void {
  for (const { path, type, opaque } of entries) {
    if (opaque) t.true(below.list(path).length > 0, `${at}: the opaque mark of ${path} hides something`)
    else if (type === 'whiteout') t.truthy(below.lstat(path), `${at}: the whiteout of ${path} hides something`)
  }
}

needs(
  test,
  'root',
  'umoci',
)('umoci unpacks a stack with merged layers to the tree of the stack', async (t) => {
  for (const stack of await makeStacks(t, 9101, 12)) {
    const { layers, dir, view, seed } = stack
    const [from, to] = ranges(layers.length)[seed % 10] ?? [0, layers.length]
    const layer = await merged(layers, from, to, join(dir, 'merged'))
    const files = [...layers.slice(0, from), layer, ...layers.slice(to)]
    t.deepEqual(await unpack(t, stack, files), await describeView(view), `stack ${seed}, layers ${from} to ${to}`)
  }
})

async function unpack(t: ExecutionContext, { dir, seed }: SeededStack, layers: MadeStack['layers']) {
  mkdirSync(join(dir, 'unpacked'))
  writeLayout(join(dir, 'oci'), layers)
  const { code, stderr } = await run(requireProgram('umoci'), ['unpack', '--image', `${dir}/oci:t`, `${dir}/bundle`])
  t.is(code, 0, `stack ${seed}: ${stderr}`)
  return describeDirectory(join(dir, 'bundle/rootfs'))
}

needs(test, 'root')(
  'what overlays leave is merged with the layers below, and an overlay of it shows the same',
  async (t) => {
    const made = await makeStacks(t, 9201, 12)
    const requests: OverlayRequest[] = []
    for (const { view, dir, seed } of made)
      requests.push({ lowers: await extractAll(view, dir), scratch: dir, changeSeed: seed })
    const changed = await describeMounted(temporaryFolder(t), requests)
    const again: OverlayRequest[] = []
    for (const [i, { layers, view, dir, seed }] of made.entries()) {
      const upper = join(dir, 'upper')
      const { diffID, entries } = await scanSnapshot(upper, { below: view })
      const stack = [...layers, { diffID, index: indexOf(entries), bytes: { kind: 'snapshot' as const, dir: upper } }]
      const wanted = await describeView(createView(stack))
      t.deepEqual(wanted.entries, changed[i]?.entries, `stack ${seed}`)
      for (let from = 0; from < stack.length; from++) {
        const layer = await merged(stack, from, stack.length, join(dir, `merged-${from}`))
        const lower = createView([...layers.slice(0, from), layer])
        t.deepEqual(await describeView(lower), wanted, `stack ${seed} from ${from}`)
        const scratch = join(dir, `again-${from}`)
        mkdirSync(scratch)
        again.push({ lowers: await extractAll(lower, scratch), scratch })
      }
    }
    const described = await describeMounted(temporaryFolder(t), again)
    t.deepEqual(
      described.map(({ entries }) => entries),
      changed.flatMap(({ entries }) => Array.from({ length: 5 }, () => entries)),
    )
  },
)

needs(test, 'tar')('a file that a tar holds sparse is merged with its holes as zeros', async (t) => {
  const folder = temporaryFolder(t)
  const file = openSync(join(folder, 'sparse'), 'w')
  for (const at of [0, 1 << 20, 3 << 20]) writeSync(file, Buffer.from('data'), 0, 4, at)
  closeSync(file)
  const tar = join(folder, 'sparse.tar')
  await runOk('tar', ['-C', folder, '--sparse', '-cf', tar, 'sparse'])
  const { diffID, entries } = await importLayer(createReadStream(tar), join(folder, 'layer'), { sync: false })
  t.is([...entries][0]?.dataOffset, -1)
  const bytes = { kind: 'tar', file: join(folder, 'layer') } as const
  const empty = await merged([], 0, 0, join(folder, 'empty'))
  const layer = await merged([{ diffID, index: indexOf(entries), bytes }, empty], 0, 2, join(folder, 'merged'))
  const content = await collect(createView([layer]).open('sparse'))
  t.deepEqual(content, readFileSync(join(folder, 'sparse')))
})
