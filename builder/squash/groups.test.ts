import test from 'ava'
import { type Depth, groupsOf, type MergeWish } from './groups.ts'

const rows: readonly [title: string, depth: Depth, wish: MergeWish, wanted: readonly number[]][] = [
  ['nothing asked', { base: 2, added: 3 }, {}, [1, 1, 1, 1, 1]],
  ['squash', { base: 2, added: 3 }, { squash: 'new' }, [1, 1, 3]],
  ['squash without new layers', { base: 2, added: 0 }, { squash: 'new' }, [1, 1]],
  ['squash all', { base: 2, added: 3 }, { squash: 'all' }, [5]],
  ['squash all of nothing', { base: 0, added: 0 }, { squash: 'all' }, []],
  ['few enough', { base: 2, added: 3 }, { maxLayers: 5 }, [1, 1, 1, 1, 1]],
  ['only new layers are merged', { base: 2, added: 4 }, { maxLayers: 4 }, [1, 1, 2, 2]],
  ['new layers in the only place left', { base: 2, added: 4 }, { maxLayers: 3 }, [1, 1, 4]],
  ['the base leaves no room', { base: 5, added: 2 }, { maxLayers: 3 }, [4, 3]],
  ['the base leaves no room, though it fits', { base: 3, added: 1 }, { maxLayers: 3 }, [2, 1, 1]],
  ['the base alone is too large', { base: 5, added: 0 }, { maxLayers: 3 }, [2, 2, 1]],
  ['all in one', { base: 5, added: 2 }, { maxLayers: 1 }, [7]],
  ['squash on a base that leaves no room', { base: 5, added: 2 }, { maxLayers: 3, squash: 'new' }, [4, 1, 2]],
  ['squash into one', { base: 5, added: 2 }, { maxLayers: 1, squash: 'new' }, [7]],
]

for (const [title, depth, wish, wanted] of rows) {
  test(`groups: ${title}`, (t) => {
    t.deepEqual(groupsOf(depth, wish), wanted)
  })
}

test('auto leaves place for the layers of docker', (t) => {
  t.is(groupsOf({ base: 1, added: 300 }, { maxLayers: 'auto' }).length <= 127, true)
  t.is(groupsOf({ base: 0, added: 126 }, { maxLayers: 'auto' }).length, 126)
  t.true(groupsOf({ base: 0, added: 126 }, { maxLayers: 'auto', forDocker: true }).length <= 125)
})
