import test from 'ava'
import type { JsonObject } from '../../../shared/base/json.ts'
import { parseGun } from '../../tuf/gun.ts'
import { readRoot, readTargets } from '../../tuf/read-metadata.ts'
import { parseRole } from '../../tuf/role.ts'
import { TestCollection } from '../../tuf/testing/collection.ts'
import { newKey } from '../../tuf/testing/keys.ts'
import type { RoleName } from '../../tuf/types.ts'
import { differenceOf } from './difference.ts'

const releases = parseRole('targets/releases')
const long = 'p'.repeat(120)

/** What is told of a change of `targets` that somebody else made. */
async function toldOf(edit: (json: JsonObject) => JsonObject): Promise<readonly string[]> {
  const collection = new TestCollection()
    .addTarget('v1', 'one')
    .delegate(releases, [newKey('ecdsa')], { paths: [long] })
  const read = async (): Promise<{ root: ReturnType<typeof readRoot>; targets: ReturnType<typeof readTargets> }> => {
    const { files } = await collection.publish()
    const file = (role: RoleName): Buffer => files.get(role) ?? Buffer.of()
    return { root: readRoot(file('root')), targets: readTargets(file('targets')) }
  }
  const { root, targets } = await read()
  collection.edit('targets', edit)
  const pending = { gun: parseGun('a/b'), files: new Map([['targets', (await read()).targets]] as const) }
  return differenceOf(pending, { root, targets: new Map([['targets', targets]]) })
}

/** The same text with other members of the one target. */
const withTarget =
  (change: (text: string) => string) =>
  (json: JsonObject): JsonObject =>
    JSON.parse(change(JSON.stringify(json)))

test('another second hash of the same content is told: who asks by that gets something else', async (t) => {
  const hash = Buffer.alloc(64, 7)
  const [line = '', ...others] = await toldOf(
    withTarget((text) => text.replace(/"sha512":"[^"]+"/, `"sha512":${JSON.stringify(hash.toString('base64'))}`)),
  )
  t.true(line.includes(`sha512:${hash.toString('hex')}`), line)
  t.deepEqual(others, [])
})

test('what a target says beside is told', async (t) => {
  const [line = ''] = await toldOf(withTarget((text) => text.replace('"v1":{', '"v1":{"custom":{"a":1},')))
  t.regex(line, /saying .*a.*1.* beside/)
})

test('a path that differs far behind is told', async (t) => {
  const [line = ''] = await toldOf(withTarget((text) => text.replace(long, `${long}x`)))
  t.true(line.endsWith(`may sign names that begin with "${long}x"`), line)
})

test('what is the same is told to be signed again', async (t) => {
  t.deepEqual(await toldOf((json) => json), ['targets: signed again, for longer'])
})
