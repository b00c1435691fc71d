import test from 'ava'
import { analyzeLayers } from './analyze-layers.ts'
import { dir, file, layer, whiteout } from './testing/layers.ts'
import type { LayerSource } from './types.ts'

const owned = { uid: 7, gid: 8 }
const app = file('app/x', 10)

/** Each: the layers, and the rewrite of the finding with the most bytes. */
const rows: [title: string, layers: LayerSource[], rewrite: string | RegExp][] = [
  [
    'chown of a COPY, the names from the command',
    [layer('COPY . /app', [app]), layer('RUN chown -R me:us /app', [file('app/x', 10, owned)])],
    'write `COPY --chown=me:us` in layer 1 and drop the chown of layer 2',
  ],
  [
    'chown of a COPY, the numbers from the files when the command is not plain',
    [layer('COPY . /app', [app]), layer('RUN ./setup', [file('app/x', 10, owned)])],
    'write `COPY --chown=7:8` in layer 1 and drop the chown of layer 2',
  ],
  [
    'owners that differ',
    [
      layer('ADD a.tar /', [app, file('app/y', 10)]),
      layer('RUN ./setup', [file('app/x', 10, owned), file('app/y', 10, { uid: 9 })]),
    ],
    'write `ADD --chown=USER:GROUP` in layer 1 and drop the chown of layer 2',
  ],
  [
    'chmod of a COPY, the time changed with it',
    [layer('COPY . /app', [app]), layer('RUN chmod 750 /app/x', [file('app/x', 10, { mode: 0o750, mtime: 5n })])],
    'write `COPY --chmod=750` in layer 1 and drop the chmod of layer 2',
  ],
  [
    'chmod and chown of what a RUN made',
    [layer('RUN make', [app]), layer('RUN chmod', [file('app/x', 10, { mode: 0o750, ...owned })])],
    'join the RUN of layer 1 and layer 2 with &&: the chown and chmod then costs nothing; or build with --squash',
  ],
  [
    'touch of a COPY',
    [layer('COPY . /app', [app]), layer('RUN touch', [file('app/x', 10, { mtime: 5n })])],
    'leave the files as layer 1 made them: layer 2 stores all of them again; or build with --squash',
  ],
  [
    'copied twice',
    [layer('COPY . /app', [app]), layer('COPY . /app', [app])],
    'layer 2 copies the same files as layer 1: copy them once',
  ],
  [
    'deleted by a later RUN',
    [layer('RUN make', [app]), layer('RUN rm', [whiteout('app')])],
    'join the RUN of layer 1 and layer 2 with &&, so that one layer makes and removes the files; or build with --squash',
  ],
  [
    'overwritten by a later RUN',
    [layer('RUN make', [app]), layer('RUN make', [file('app/x', 11)])],
    'join the RUN of layer 1 and layer 2 with &&, so that one layer makes and changes the files; or build with --squash',
  ],
  [
    'copied and deleted',
    [layer('COPY . /app', [app]), layer('RUN rm', [whiteout('app')])],
    'keep the files out of layer 1 with a line in .dockerignore; or build with --squash',
  ],
  [
    'copied from a stage and deleted',
    [layer('COPY --from=make /app /app', [app]), layer('RUN rm', [whiteout('app')])],
    'remove the files in the stage that layer 1 copies from; or build with --squash',
  ],
  [
    'copied and overwritten',
    [layer('COPY . /app', [app]), layer('COPY x /app', [file('app/x', 11)])],
    /^bring the final files only once/,
  ],
  [
    'made by RUN and overwritten by COPY',
    [layer('RUN make', [app]), layer('COPY x /app', [file('app/x', 11)])],
    /^leave out in layer 1 what layer 2 brings/,
  ],
  [
    'deleted from the base',
    [layer('', [app], { inBase: true }), layer('RUN rm', [whiteout('app')])],
    'the base still holds what layer 2 removes: choose a smaller base, or build with --squash=all',
  ],
  [
    'overwritten in the base',
    [layer('', [app], { inBase: true }), layer('RUN up', [file('app/x', 11)])],
    /^choose a newer base/,
  ],
  [
    'chown of the base',
    [layer('', [app], { inBase: true }), layer('RUN chown', [file('app/x', 10, owned)])],
    'layer 2 changes only the owner: name only the files that need it, or build with --squash=all',
  ],
  [
    'a cache of the base that a chmod stored again',
    [
      layer('', [file('a/__pycache__/x', 10)], { inBase: true }),
      layer('RUN chmod', [file('a/__pycache__/x', 10, { mode: 0o600 })]),
    ],
    /^(?:layer 2 changes only the mode|nothing in this Dockerfile: the base holds it)/,
  ],
  [
    'within the base',
    [layer('', [app], { inBase: true }), layer('', [whiteout('app')], { inBase: true })],
    /^nothing in this Dockerfile/,
  ],
  [
    'a cache that a RUN leaves',
    [layer('RUN apk add x', [file('var/cache/apk/x', 10)])],
    'in layer 1 write `apk add --no-cache` and leave out `apk update`',
  ],
  [
    'a cache that a COPY brings',
    [layer('COPY . /', [file('tmp/x', 10)])],
    'keep the files out of layer 1 with a line in .dockerignore',
  ],
  [
    'a repository that a COPY brings',
    [layer('COPY . /a', [file('a/.hg/x', 10)])],
    'put the line `**/.hg` into .dockerignore',
  ],
  [
    'a repository that a COPY brought and a chown stored again',
    [layer('COPY . /a', [file('a/.git/x', 10)]), layer('RUN chown', [dir('a', owned), file('a/.git/x', 10, owned)])],
    'put the line `**/.git` into .dockerignore',
  ],
  [
    'a repository that a RUN clones',
    [layer('RUN git clone', [file('a/.git/x', 10)])],
    /^remove it in layer 1 after use/,
  ],
  [
    'one content twice',
    [layer('COPY', [file('a', 5000, { content: 's' }), file('b', 5000, { content: 's' })])],
    /^have one file, and links/,
  ],
]
for (const [title, layers, rewrite] of rows) {
  test(title, (t) => {
    const { findings } = analyzeLayers(layers)
    t.true(findings.length > 0)
    for (const finding of findings) {
      if (typeof rewrite === 'string') t.is(finding.rewrite, rewrite)
      else t.regex(finding.rewrite, rewrite)
    }
  })
}

test('a cache of the base belongs to the base, also when a later layer stored it again', (t) => {
  const base = layer('', [file('a/__pycache__/x', 10)], { inBase: true })
  const { findings } = analyzeLayers([base, layer('RUN chmod', [file('a/__pycache__/x', 10, { mode: 0o600 })])])
  t.deepEqual(
    findings.map(({ kind, inBase, layer }) => [kind, inBase, layer]),
    [
      ['duplicated', false, 1],
      ['cache', true, 2],
    ],
  )
})
