import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { LayerEntry } from '../../builder/layers/entry.ts'
import { encodeLayerIndex, openLayerIndex } from '../../builder/layers/layer-index.ts'
import { writeLayer } from '../../builder/layers/layer-writer.ts'
import { mergeRun } from '../../builder/layers/merge/merge-run.ts'
import { createView, type LayerRef, type RootfsView } from '../../builder/layers/view.ts'
import { needs } from '../testing/needs.ts'
import { requireProgram } from '../testing/programs.ts'
import { run } from '../testing/run.ts'
import { describeDirectory, describeView } from './describe.ts'
import { writeLayout } from './layout.ts'
import { makeStacks, type SeededStack } from './overlays.ts'
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
    const { diffID, size, entries } = await writeLayer(run.members, file, { sync: false })
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

const rooted = needs(test, 'root', 'umoci')

rooted('umoci unpacks a stack with merged layers to the tree of the stack', async (t) => {
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
