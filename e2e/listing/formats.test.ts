import test from 'ava'
import { parse } from 'yaml'
import { openStore } from '../../builder/store/open.ts'
import { makeWorkspace } from '../testing/workspace.ts'

const commands: readonly (readonly string[])[] = [
  ['analyze', 'app'],
  ['analyze', 'app', '--layer', '2'],
  ['analyze', 'app', '--layer', '2', '--tree'],
  ['containers'],
  ['diff', 'app'],
  ['diff', 'app', 'app'],
  ['diff', 'app', '--stat'],
  ['du', '-v'],
  ['history', 'app'],
  ['images'],
  ['prune', '--all', '--dry-run'],
]

test('what prints data has the same in JSON and in YAML', async (t) => {
  const space = await makeWorkspace(t)
  const Dockerfile = 'FROM scratch\nCOPY Dockerfile no yes /\nCOPY no /yes\n'
  await space.ok(['-t', 'app', space.write('context', { Dockerfile, no: 'no', yes: 'yes: 1\n' })])
  const { containers, images } = openStore(space.root)
  const image = images.get('app')
  if (image === undefined) return t.fail('no image')
  const { manifestDigest, imageID } = image
  await containers.add({
    name: 'one',
    manifestDigest,
    imageID,
    layer: undefined,
    command: ['no'],
    exitCode: 0,
    created: 1,
  })
  for (const command of commands) {
    const json = (await space.ok([...command, '--json'])).stdout
    const yaml = (await space.ok([...command, '--format', 'yaml'])).stdout
    t.deepEqual(parse(yaml), JSON.parse(json), command.join(' '))
  }
})

for (const command of ['analyze', 'containers', 'diff', 'prune']) {
  test(`${command} names the formats that it has`, async (t) => {
    const space = await makeWorkspace(t)
    const words = [command, ...(['analyze', 'diff'].includes(command) ? ['app'] : [])]
    const wrong = await space.ibuild([...words, '--format', 'yml'])
    t.is(wrong.code, 2)
    t.regex(wrong.stderr, /Did you mean yaml\? The formats are table, json, yaml/)
    t.is((await space.ibuild([...words, '--format', 'yaml', '--json'])).code, 2)
  })
}
