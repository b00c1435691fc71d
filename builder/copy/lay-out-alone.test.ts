import test from 'ava'
import * as fc from 'fast-check'
import { IbuildError } from '../../shared/base/errors.ts'
import { comparePaths } from '../layers/entry.ts'
import type { FileTree } from '../layers/tree.ts'
import { planCopy } from './testing/plan-copy.ts'
import { copyRequest } from './testing/requests.ts'
import { type EntrySpec, treeOf } from './testing/specs.ts'
import type { CopyRequest } from './types.ts'

const directories = fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 })
const metadata = fc.record({ m: fc.constantFrom('755', '755', '2755'), u: fc.constantFrom(0, 0, 0, 7) })
/** Most names have the same kind everywhere; some do not, so that a copy is refused now and then. */
const last = fc.constantFrom<readonly [string, EntrySpec['t']]>(
  ['a', 'd'],
  ['a', 'd'],
  ['b', 'd'],
  ['b', 'd'],
  ['b', 'd'],
  ['b', 'l'],
  ['f', 'f'],
  ['g', 'f'],
  ['f', 'd'],
  ['p', 'p'],
)

/** Trees with few names, so that they meet. What has something inside is a directory. */
const tree = fc
  .array(fc.record({ directories, last, metadata, c: fc.constantFrom('', 'x') }), { minLength: 1, maxLength: 8 })
  .map((all): EntrySpec[] => {
    const specs = new Map<string, EntrySpec>()
    for (const { directories, last, metadata, c } of all) {
      const [name, t] = last
      for (let i = 1; i <= directories.length; i++) {
        const p = directories.slice(0, i).join('/')
        if (specs.get(p)?.t !== 'd') specs.set(p, { p, t: 'd', s: 4 })
      }
      const p = [...directories, name].join('/')
      if (!specs.has(p))
        specs.set(p, { p, t, ...metadata, s: 3, ...(t === 'f' && { c }), ...(t === 'l' && { l: 'a' }) })
    }
    return [...specs.values()].toSorted((a, b) => comparePaths(a.p, b.p))
  })

/** What a COPY writes, or the error. */
async function written(changes: Partial<CopyRequest>, mayLink: boolean): Promise<unknown> {
  try {
    const source: FileTree = changes.source ?? treeOf([])
    const plan = await planCopy(copyRequest({ ...changes, source: withLinks(source, mayLink) }))
    plan.close()
    const twice = [1, 2].map(() =>
      [...plan.members].map(({ entry, content }) => ({
        ...entry,
        content: typeof content === 'function' ? textOf(content()) : content,
      })),
    )
    return twice
  } catch (error) {
    if (error instanceof IbuildError) return { code: error.code, message: error.message, location: error.location }
    throw error
  }
}

function textOf(content: Uint8Array | AsyncIterable<Uint8Array>): string {
  return content instanceof Uint8Array ? Buffer.from(content).toString() : 'pieces'
}

function withLinks(tree: FileTree, mayLink: boolean): FileTree {
  return new Proxy(tree, {
    get: (target, key) => {
      if (key === 'mayLink') return () => mayLink
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('a directory that is copied alone comes as it does among others', async (t) => {
  let count = 0
  const property = fc.asyncProperty(
    fc.record({
      source: tree.map(treeOf),
      target: tree.map(treeOf),
      destination: fc.constantFrom('/', '/', '/a', '/a/b', '/a/b/', '/new/er', 'c/'),
      sources: fc.constantFrom(['.'], ['.'], ['a']),
      chown: fc.constantFrom(undefined, undefined, '9:8'),
      chmod: fc.constantFrom(undefined, undefined, '640'),
      sourceIsImage: fc.boolean(),
    }),
    async (changes) => {
      const alone = await written(changes, false)
      t.deepEqual(alone, await written(changes, true))
      if (Array.isArray(alone) && alone[0].length > 1) count++
    },
  )
  await t.notThrowsAsync(fc.assert(property, { numRuns: 400 }))
  t.true(count > 100, `${count} of the runs wrote something`)
})
