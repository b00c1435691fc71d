import test from 'ava'
import { makeWorkspace } from '../testing/workspace.ts'

test('rmi takes one name of several; the image goes with the last one, or by its ID with --force', async (t) => {
  const space = await makeWorkspace(t)
  const input = 'FROM scratch\nCOPY <<E /x\ny\nE\n'
  const { stdout } = await space.ok(['-q', '-t', 'one', '-t', 'two', '-t', 'three:3', '-'], { input })
  const id = stdout.trim()
  t.is((await space.ok(['rmi', 'one'])).stdout, 'untagged: one:latest\n')
  t.deepEqual(JSON.parse((await space.ok(['inspect', id])).stdout)[0].names, [
    'docker.io/library/three:3',
    'docker.io/library/two:latest',
  ])
  const refused = await space.ibuild(['rmi', id])
  t.is(refused.code, 1)
  t.regex(refused.stderr, /several names: three:3, two:latest \[IMAGE_IN_USE\]/)
  t.is((await space.ok(['rmi', 'two'])).stdout, 'untagged: two:latest\n')
  t.is((await space.ok(['rmi', 'three:3'])).stdout, `untagged: three:3\ndeleted: ${id}\n`)
  t.is((await space.ok(['images', '-q'])).stdout, '')
  await space.ok(['-t', 'one', '-t', 'two', '-'], { input })
  const forced = await space.ok(['rmi', '--force', id])
  t.is(forced.stdout, `untagged: one:latest\nuntagged: two:latest\ndeleted: ${id}\n`)
})
