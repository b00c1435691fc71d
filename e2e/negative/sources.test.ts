import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { makeWorkspace, type Workspace } from '../testing/workspace.ts'
import { assertFailure, assertNothingLeft, type Failure } from './leftovers.ts'

type Row = [title: string, dockerfile: readonly string[], failure: Failure]

const missing = 'COPY_SOURCE_MISSING'
const rows: Row[] = [
  [
    'a missing file',
    ['COPY nowhere /'],
    { error: missing, says: ['"nowhere"', 'the build context', /Dockerfile:2\n +2 \| COPY nowhere/] },
  ],
  ['a name with a slip', ['COPY package.jsn /'], { error: missing, says: ['Did you mean package.json?'] }],
  ['a slip in a folder', ['COPY src/lib/idnex.ts /'], { error: missing, says: ['Did you mean src/lib/index.ts?'] }],
  [
    'a slip in the folder above',
    ['COPY scr/lib/index.ts /'],
    { error: missing, says: ['Did you mean src/lib/index.ts?'] },
  ],
  [
    'a file that .dockerignore hides',
    ['COPY secret.env /'],
    { error: missing, says: ['line 3 of .dockerignore (*.env)', 'hint: Change that line'] },
  ],
  [
    'a folder that .dockerignore hides',
    ['COPY node_modules/x/y /'],
    { error: missing, says: ['line 2 of .dockerignore (node_modules)'] },
  ],
  ['a malformed wildcard', ['COPY a[ /'], { error: 'DOCKERFILE_SYNTAX|COPY_SOURCE_MISSING' }],
  [
    'a path out of the context',
    ['COPY ../outside/canary /'],
    { error: missing, says: ['outside of the build context'] },
  ],
  [
    'a path that goes in and out',
    ['COPY src/../../outside/canary /'],
    { error: missing, says: ['outside of the build context'] },
  ],
  ['a link that leaves the context', ['COPY absolute /'], { error: missing, says: ['symbolic link'] }],
  ['a relative link that leaves the context', ['COPY relative /'], { error: missing, says: ['symbolic link'] }],
  ['a link that leads in a circle', ['COPY circle /'], { error: 'SYMLINK_LOOP' }],
  ['a file through a folder link that leaves', ['COPY away/canary /'], { error: missing }],
  [
    'a stage that is not there',
    ['COPY --from=nostage /x /'],
    { error: 'STAGE_UNKNOWN|IMAGE_NOT_FOUND|REGISTRY_\\w+', says: ['nostage'] },
  ],
  ['a stage number that is not there', ['COPY --from=7 /x /'], { error: 'STAGE_UNKNOWN', says: ['7'] }],
  ['the stage itself', ['COPY --from=0 /x /'], { error: 'STAGE_UNKNOWN' }],
  [
    'a later stage',
    ['COPY --from=later /x /', 'FROM scratch AS later', 'COPY package.json /x', 'FROM scratch', 'COPY --from=0 /x /'],
    { error: 'STAGE_UNKNOWN', says: ['later'] },
  ],
  [
    'a file that a stage does not have',
    ['COPY package.json /x', 'FROM scratch', 'COPY --from=0 /y /'],
    { error: missing, says: ['"/y"', 'image or stage'] },
  ],
  [
    'a stage that is based on a later one',
    ['COPY x /', 'FROM later', 'FROM scratch AS later', 'COPY x /', 'FROM later'],
    { error: 'STAGE_UNKNOWN|IMAGE_NOT_FOUND|REGISTRY_\\w+|COPY_SOURCE_MISSING' },
  ],
  [
    'a base that is not there',
    ['FROM 127.0.0.1:1/nobase', 'COPY x /'],
    { error: 'REGISTRY_UNREACHABLE', says: ['127.0.0.1:1/nobase', 'not in the local store', 'Dockerfile:2'] },
  ],
  [
    'a destination that is a file',
    ['COPY package.json /x', 'COPY package.json src /x'],
    { error: 'COPY_DESTINATION|DOCKERFILE_SYNTAX' },
  ],
  ['a destination below a file', ['COPY package.json /x', 'COPY package.json /x/y'], { error: 'COPY_DESTINATION' }],
  ['a URL', ['ADD https://example.com/x /'], { error: 'NOT_SUPPORTED' }],
  ['an owner that is not there', ['COPY --chown=nobody package.json /'], { error: 'USER_UNKNOWN' }],
  ['a mode that is none', ['COPY --chmod=999 package.json /'], { error: 'DOCKERFILE_SYNTAX' }],
]

function context(space: Workspace): string {
  space.write('outside', { canary: 'secret' })
  const folder = space.write('context', {
    'package.json': '{}',
    'src/lib/index.ts': '',
    'secret.env': 'x',
    'node_modules/x/y': '',
    '.dockerignore': '# what is not sent\nnode_modules\n*.env\n',
  })
  symlinkSync(join(space.folder, 'outside/canary'), join(folder, 'absolute'))
  symlinkSync('../outside/canary', join(folder, 'relative'))
  symlinkSync('circle', join(folder, 'circle'))
  symlinkSync('../outside', join(folder, 'away'))
  return folder
}

for (const [title, lines, failure] of rows) {
  test(`COPY of ${title}`, async (t) => {
    const space = await makeWorkspace(t)
    const folder = context(space)
    writeFileSync(join(folder, 'Dockerfile'), ['FROM scratch', ...lines].join('\n'))
    assertFailure(t, await space.ibuild(['-t', 'bad', '--progress', 'quiet', folder]), failure)
    await assertNothingLeft(t, space, 'bad')
  })
}

const stageRows: Row[] = [
  ['an unknown target', ['FROM scratch AS a'], { error: 'STAGE_UNKNOWN', says: ['"nope"'] }],
  ['a target with a slip', ['FROM scratch AS nop'], { error: 'STAGE_UNKNOWN', says: ['Did you mean nop?'] }],
]

for (const [title, lines, failure] of stageRows) {
  test(title, async (t) => {
    const space = await makeWorkspace(t)
    const folder = space.write('context', { Dockerfile: lines.join('\n') })
    assertFailure(t, await space.ibuild(['-t', 'bad', '--target', 'nope', folder]), failure)
    await assertNothingLeft(t, space, 'bad')
  })
}

test('a link that leaves the context is copied as a link when it lies in a folder, and leads nowhere outside', async (t) => {
  const space = await makeWorkspace(t)
  const folder = context(space)
  writeFileSync(
    join(folder, 'Dockerfile'),
    'FROM scratch\nCOPY . /all/\nFROM scratch\nCOPY --from=0 /all/package.json /\n',
  )
  await space.ok(['-o', join(space.folder, 'out'), folder])
  t.deepEqual(readdirSync(join(space.folder, 'out')), ['package.json'])
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY . /all/\nFROM scratch\nCOPY --from=0 /all/absolute /\n')
  assertFailure(t, await space.ibuild(['--progress', 'quiet', folder]), { error: missing })
})
