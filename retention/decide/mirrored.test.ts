import test from 'ava'
import type { MirrorJob } from '../policy/types.ts'
import { decided, inShort, inventoryOf, shelf, tag } from './testing/items.ts'
import { policyOf } from './testing/policies.ts'

const jobs: readonly MirrorJob[] = [
  { path: 'mirror[0]', image: 'ubuntu:24.04', to: undefined, every: 1 },
  { path: 'mirror[1]', image: 'quay.io/team/tool', to: 'tools/tool', every: 1 },
]
const sets = [{ deleteTags: ['.*'], keep: [{ kind: 'mostRecent' as const, n: 1, by: 'pushed' as const }] }]
const mirrored = policyOf(sets, { mirror: jobs })

async function verdicts(repository: string, names: readonly string[]): Promise<Record<string, string>> {
  const items = names.map((name, i) => tag(name, { pushed: i + 1 }, repository))
  return inShort((await decided(inventoryOf([shelf(items, repository)]), { policy: mirrored })).decisions)
}

const went = 'DELETE_REGEX policies[0].tags.delete[0]'
const top = 'KEEP_TOP_N policies[0].keep[0]'

test('each image that is kept fresh stays by itself, and is not counted among those of which some are kept', async (t) => {
  const expected = { '24.04': 'KEEP_REGEX mirror[0]', '22.04': top, '20.04': went }
  for (const repository of ['library/ubuntu', 'ubuntu', 'docker.io/library/ubuntu'])
    t.deepEqual(await verdicts(repository, ['24.04', '22.04', '20.04']), expected)
})

test('one that is kept under another name stays there, and not where it is from', async (t) => {
  t.deepEqual(await verdicts('tools/tool', ['latest', 'a', 'b']), { latest: 'KEEP_REGEX mirror[1]', a: top, b: went })
  t.deepEqual(await verdicts('team/tool', ['a', 'latest']), { a: top, latest: went })
})
