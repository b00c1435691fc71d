import { parseRole } from '../../../notary/tuf/role.ts'
import type { TestCollection } from '../../../notary/tuf/testing/collection.ts'
import { numberOf, objectOf } from '../../../notary/tuf/testing/json.ts'
import { newKey } from '../../../notary/tuf/testing/keys.ts'
import { rootThreshold } from '../../../notary/tuf/testing/mutations.ts'
import type { RoleName } from '../../../notary/tuf/types.ts'
import type { JsonObject, JsonValue } from '../../../shared/base/json.ts'
import type { Answer, TrustServer } from './trust-server.ts'
import { collectionFor, upload } from './upload.ts'

export interface Scene {
  readonly server: TrustServer
  /** Of a collection that is not there yet. */
  readonly gun: string
}

/** Requests of which the last answer is looked at. */
export interface PublishCase {
  readonly title: string
  readonly run: (scene: Scene) => Promise<Answer>
}

interface Better extends PublishCase {
  /** What ours answers. */
  readonly status: number
  readonly message: RegExp
}

type Change = (collection: TestCollection) => unknown

/** Sends the files of the roles; all that there are unless told. */
async function send(scene: Scene, collection: TestCollection, roles?: readonly string[]): Promise<Answer> {
  const { files } = await collection.publish()
  return upload(
    scene.server,
    scene.gun,
    [...files].filter(([role]) => roles?.includes(role) ?? true),
  )
}

/** A first publish. */
function first(title: string, change: Change, roles?: readonly string[], snapshot = true): PublishCase {
  return {
    title: `first: ${title}`,
    async run(scene) {
      const collection = await collectionFor(scene.server, scene.gun, { snapshot })
      change(collection.addTarget('v1', 'one'))
      return send(scene, collection, roles)
    },
  }
}

/** A publish behind one that is there. */
function later(title: string, change: Change, roles?: readonly string[], snapshot = true): PublishCase {
  return {
    title: `later: ${title}`,
    async run(scene) {
      const collection = await collectionFor(scene.server, scene.gun, { snapshot })
      const { status, body } = await send(scene, collection.addTarget('v1', 'one').delegate('targets/bob', [bob]))
      if (status !== 200) throw new Error(`the first publish was refused: ${body.toString()}`)
      collection.addTarget('v2', 'two')
      await change(collection)
      return send(scene, collection, roles)
    },
  }
}

const bob = newKey('ecdsa')
const eve = newKey('ecdsa')
const edit =
  (role: string, change: (json: JsonObject) => JsonObject): Change =>
  (collection) =>
    collection.edit(parseRole(role), change)
const version = (role: string, difference: number): Change =>
  edit(role, (json) => ({ ...json, version: numberOf(json['version']) + difference }))
/** At a time that both servers are told alike. */
const expire = (role: string): Change => edit(role, (json) => ({ ...json, expires: '2020-01-01T00:00:00Z' }))
const signedByEve =
  (role: RoleName): Change =>
  (collection) =>
    collection.signWith(role, [eve])
const asIs: Change = () => undefined
const newRoot = (gun: string) => [newKey('ecdsa-x509', { commonName: gun })]

function deep(levels: number): JsonValue {
  return levels === 0 ? 1 : [deep(levels - 1)]
}

/** Both servers answer these alike. */
export const publishCases: readonly PublishCase[] = [
  first('as it should be', asIs),
  first('with a snapshot of the client', asIs, undefined, false),
  first('nothing', asIs, []),
  first('no root', asIs, ['targets']),
  first('no targets', asIs, ['root']),
  first('no snapshot, whose key the client has', asIs, ['root', 'targets'], false),
  first('a root of version 2', version('root', 1)),
  first('a root of version 3', version('root', 2)),
  first('targets of version 7', version('targets', 6)),
  first('a root that nobody signed', (collection) => collection.signWith('root', [])),
  first('a root that another key signed', signedByEve('root')),
  first('targets that another key signed', signedByEve('targets')),
  first('a snapshot that another key signed', signedByEve('snapshot'), undefined, false),
  first('a root that expired', expire('root')),
  first('targets that expired', expire('targets')),
  first('a snapshot that expired', expire('snapshot'), undefined, false),
  first('a timestamp key that the server does not have', (collection) => collection.rotate('timestamp', [eve])),
  {
    title: 'first: a snapshot that promises other targets',
    async run({ server, gun }) {
      const collection = await collectionFor(server, gun, { snapshot: false })
      collection.damage('targets', (bytes) => Buffer.concat([bytes, Buffer.from(' ')]))
      return upload(server, gun, (await collection.publish({ keepPromises: true })).files)
    },
  },
  first('a delegation with its file', (collection) => collection.delegate('targets/bob', [bob])),
  first('a delegation without its file', (collection) =>
    collection.delegate('targets/bob', [bob]).drop(parseRole('targets/bob')),
  ),
  first('a delegation that another key signed', (collection) =>
    collection.delegate('targets/bob', [bob]).signWith(parseRole('targets/bob'), [eve]),
  ),
  first('a role that nobody delegates to', (collection) => collection.delegate('targets/bob', [bob]), [
    'root',
    'targets/bob',
    'targets',
  ]),
  later('the next targets', asIs, ['targets']),
  later(
    'a delegation alone',
    edit('targets/bob', (json) => ({ ...json, version: 2 })),
    ['targets/bob'],
  ),
  later('a root two versions on', (collection) => version('root', 1)(collection.rotate('targets', [eve])), [
    'root',
    'targets',
  ]),
  later('the root key rotated', (collection) => collection.rotate('root', newRoot(collection.gun)), ['root']),
  later('the root key rotated, not signed with the old one', (collection) => {
    const keys = newRoot(collection.gun)
    return collection.rotate('root', keys).signWith('root', keys)
  }),
  later('the root key rotated, not signed with the new one', (collection) => {
    const old = collection.keysOf('root')
    return collection.rotate('root', newRoot(collection.gun)).signWith('root', old)
  }),
  later('the targets key rotated', (collection) => collection.rotate('targets', [eve]), ['root', 'targets']),
  later('a delegation of nobody', (collection) => collection.delegate('targets/eve', [eve]), ['targets/eve']),
  later('targets signed with a key of a delegation', signedByEve('targets'), ['targets']),
]

/** Ours is stricter, or says what is wrong where the reference does not. */
export const better: readonly Better[] = [
  {
    ...first('a root for another collection', (collection) =>
      collection.rotate('root', newRoot('localhost:5000/other')),
    ),
    status: 400,
    message: /the certificate is for .*, not for/,
  },
  {
    ...first('a root with a plain key', (collection) => collection.rotate('root', [newKey('ecdsa')])),
    status: 400,
    message: /is not in a certificate/,
  },
  {
    ...first('a threshold of 0 for targets', (collection) => rootThreshold('targets', 0).apply(collection, 'root')),
    status: 400,
    message: /ErrBadRoot.*0 signatures are no threshold/,
  },
  {
    ...first('targets of no object', (collection) => collection.damage('targets', () => Buffer.from('"text"'))),
    status: 400,
    message: /MALFORMED_JSON.*targets\.json: expected an object/,
  },
  {
    ...first('a root of no JSON', (collection) => collection.damage('root', () => Buffer.from('{'))),
    status: 400,
    message: /MALFORMED_JSON.*root\.json: /,
  },
  { ...later('the next targets and the same root', asIs), status: 200, message: /^$/ },
  {
    ...later('targets of the same version', version('targets', -1), ['targets']),
    status: 400,
    message: /VERSION.*publish conflict: targets version 1 was published meanwhile/,
  },
  {
    ...later('the targets key rotated, without new targets', (collection) => collection.rotate('targets', [eve]), [
      'root',
    ]),
    status: 400,
    message: /ErrBadTargets.*must be signed anew in the same update/,
  },
  {
    ...first(
      'TARGETS beside targets',
      edit('targets', (json) => ({ ...json, TARGETS: { evil: objectOf(json['targets'])['v1'] ?? null } })),
    ),
    status: 400,
    message: /is to be written targets/,
  },
  {
    ...first('targets that are there twice', (collection) =>
      collection.damage('targets', (bytes) =>
        Buffer.from(bytes.toString().replace('"targets":', '"targets":{},"targets":')),
      ),
    ),
    status: 400,
    message: /ErrBadTargets.*twice/,
  },
  {
    ...first('a threshold of 5 by 1 key', (collection) => rootThreshold('snapshot', 5).apply(collection, 'root')),
    status: 400,
    message: /5 signatures by 1 keys can never be/,
  },
  {
    ...later('targets a million versions on', version('targets', 1_000_000), ['targets']),
    status: 400,
    message: /versions? /,
  },
  {
    ...first(
      'targets nested a thousand deep',
      edit('targets', (json) => ({ ...json, x: deep(1000) })),
    ),
    status: 400,
    message: /nested deeper than/,
  },
  {
    ...first(
      'a target of null',
      edit('targets', (json) => ({ ...json, targets: { v1: null } })),
    ),
    status: 400,
    message: /expected an object, found null/,
  },
  {
    ...first('a custom of a fraction', (collection) =>
      collection.damage('targets', (bytes) =>
        Buffer.from(bytes.toString().replace('"length":3', '"custom":1.5,"length":3')),
      ),
    ),
    status: 400,
    message: /1\.5/,
  },
]
