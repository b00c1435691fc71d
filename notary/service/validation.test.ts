import { sign } from 'node:crypto'
import test from 'ava'
import { parseRole } from '../tuf/role.ts'
import type { TestCollection } from '../tuf/testing/collection.ts'
import { numberOf, objectOf } from '../tuf/testing/json.ts'
import { newKey } from '../tuf/testing/keys.ts'
import type { BaseRole, RoleName, ServerRole } from '../tuf/types.ts'
import { schemeOf } from '../tuf/verify.ts'
import { app, refusalOf, type ServiceScene, serviceScene } from './testing/service-scene.ts'

/** One update that is sent to a service, and what it says to it. */
interface Row {
  readonly name: string
  /** Roles whose keys are the service's; default the timestamp's. */
  readonly held?: readonly ServerRole[]
  /** Is published before, untouched; default nothing is. */
  readonly before?: (collection: TestCollection) => void
  /** Changes the collection that is sent. */
  readonly given?: (collection: TestCollection, scene: ServiceScene) => void
  /** Default: all but the timestamp. */
  readonly send?: readonly string[]
  readonly keepPromises?: boolean
  /** Beginning of what is answered; undefined: it is published. */
  readonly expect?: string
}

const both: readonly ServerRole[] = ['timestamp', 'snapshot']
const roles: readonly BaseRole[] = ['root', 'targets', 'snapshot', 'timestamp']
const path = 'INVALID_UPDATE ErrBadRoot could not validate the path to a trusted root: '
const rotation =
  'INVALID_UPDATE ErrBadRoot could not rotate trust to a new trusted root: failed to validate data with current trusted certificates'
const bob = newKey('ecdsa')

const certificate = (commonName: string) => ({ commonName })

function withRole(collection: TestCollection, role: string, change: (role: object) => object | undefined): void {
  collection.edit('root', (json) => {
    const all = objectOf(json['roles'])
    const changed = change(objectOf(all[role]))
    const { [role]: _, ...others } = all
    return { ...json, roles: objectOf(JSON.parse(JSON.stringify({ ...others, ...(changed && { [role]: changed }) }))) }
  })
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[0] = 0xff ^ (copy[0] ?? 0)
  return copy
}

/** The cases that the reference server tests, and what it answers. */
const reference: readonly Row[] = [
  { name: 'a first publish of everything' },
  {
    name: 'a certificate for another collection',
    given: (c) => c.rotate('root', [newKey('ecdsa-x509', certificate('wrong/gun'))]),
    expect: `${path}unable to retrieve valid leaf certificates (key `,
  },
  {
    name: 'a root key that is not in a certificate',
    given: (c) => c.rotate('root', [newKey('ecdsa')]),
    expect: `${path}unable to retrieve valid leaf certificates (key `,
  },
  {
    name: 'a certificate for all names of a prefix',
    given: (c) => c.rotate('root', [newKey('rsa-x509', certificate('localhost:5000/team/*'))]),
  },
  {
    name: 'no new root',
    before: () => {},
    given: (c) => c.addTarget('v1', 'one'),
    send: ['targets', 'snapshot'],
  },
  {
    name: 'no new targets',
    before: () => {},
    given: (c) => c.rotate('targets', c.keysOf('targets')),
    send: ['root', 'snapshot'],
  },
  { name: 'a snapshot alone', before: () => {}, send: ['snapshot'] },
  { name: 'the old root again', before: () => {}, given: (c) => c.addTarget('v1', 'one') },
  {
    name: 'root keys change: signed by the old and the new',
    before: () => {},
    given: (c) => c.rotate('root', [newKey('ecdsa-x509', certificate(app))]),
    send: ['root', 'snapshot'],
  },
  {
    name: 'root keys change: signed by the new alone',
    before: () => {},
    given: (c) => {
      const next = newKey('ecdsa-x509', certificate(app))
      c.rotate('root', [next]).signWith('root', [next])
    },
    send: ['root', 'snapshot'],
    expect: rotation,
  },
  {
    name: 'root keys change: signed by the old alone',
    before: () => {},
    given: (c) => {
      const old = c.keysOf('root')
      c.rotate('root', [newKey('ecdsa-x509', certificate(app))]).signWith('root', old)
    },
    send: ['root', 'snapshot'],
    expect: `${path}failed to validate integrity of roots`,
  },
  {
    name: 'root keys change: any one of the old ones is enough with threshold 1',
    before: (c) => c.rotate('root', [...c.keysOf('root'), newKey('ecdsa-x509', certificate(app))]),
    given: (c) => {
      const second = c.keysOf('root').slice(1, 2)
      const next = [newKey('ecdsa-x509', certificate(app))]
      c.rotate('root', next).signWith('root', [...second, ...next])
    },
    send: ['root', 'snapshot'],
  },
  {
    name: 'root keys change: one of two old ones is not enough with threshold 2',
    before: (c) => c.rotate('root', [...c.keysOf('root'), newKey('ecdsa-x509', certificate(app))], 2),
    given: (c) => {
      const first = c.keysOf('root').slice(0, 1)
      const next = [newKey('ecdsa-x509', certificate(app))]
      c.rotate('root', next).signWith('root', [...first, ...next])
    },
    send: ['root', 'snapshot'],
    expect: rotation,
  },
  {
    name: 'one certificate of a key and another of the same key are not two',
    before: (c) => c.rotate('root', [...c.keysOf('root'), newKey('ecdsa-x509', certificate(app))], 2),
    given: (c) => {
      const [first] = c.keysOf('root')
      const next = [newKey('ecdsa-x509', certificate(app))]
      c.rotate('root', next).signWith('root', first === undefined ? next : [first, first, ...next])
    },
    send: ['root', 'snapshot'],
    expect: rotation,
  },
  {
    name: 'a root that skips a version',
    before: () => {},
    given: (c) =>
      c.rotate('root', c.keysOf('root')).edit('root', (json) => ({ ...json, version: numberOf(json['version']) + 1 })),
    send: ['root', 'snapshot'],
    expect: 'INVALID_UPDATE ErrBadRoot Root modifications must increment the version. Current 1, new 3',
  },
  {
    name: 'no root at all',
    send: ['targets', 'snapshot'],
    expect: 'INVALID_UPDATE ErrValidation no pre-existing root and no root provided in update.',
  },
  {
    name: 'no snapshot, and its key is not here',
    send: ['root', 'targets'],
    expect:
      'INVALID_UPDATE ErrBadHierarchy no snapshot was included in update and server does not hold current snapshot key for repository',
  },
  { name: 'no snapshot, and its key is here', held: both, send: ['root', 'targets'] },
  {
    name: 'no snapshot again, and its key is here',
    held: both,
    before: () => {},
    given: (c) => c.addTarget('v1', 'one'),
    send: ['targets'],
  },
  {
    name: 'no snapshot and no targets at first',
    held: both,
    send: ['root'],
    expect: 'INVALID_UPDATE ErrValidation targets must be loaded first',
  },
  {
    name: 'a timestamp key that is not here',
    given: (c) => c.rotate('timestamp', [newKey('ed25519')]),
    expect: 'INVALID_UPDATE ErrBadRoot no  timestamp keys exist on the server',
  },
  {
    name: 'two timestamp keys must sign, and one is here',
    given: (c) => c.rotate('timestamp', [...c.keysOf('timestamp'), newKey('ed25519')], 2),
    expect: 'INVALID_UPDATE ErrBadRoot no  timestamp keys exist on the server',
  },
  ...roles.map((role) => ({
    name: `threshold 0 of ${role}`,
    given: (c: TestCollection) => withRole(c, role, (each) => ({ ...each, threshold: 0 })),
    expect: `INVALID_UPDATE ErrBadRoot root.json.signed.roles.${role}.threshold: 0 signatures are no threshold`,
  })),
  ...roles.map((role) => ({
    name: `a root without the role ${role}`,
    given: (c: TestCollection) => withRole(c, role, () => undefined),
    expect: `INVALID_UPDATE ErrBadRoot root.json.signed.roles.${role}: is missing`,
  })),
  {
    name: 'a root without signatures',
    given: (c) => c.signWith('root', []),
    expect: `${path}failed to validate integrity of roots`,
  },
  {
    name: 'targets without signatures',
    given: (c) => c.signWith('targets', []),
    expect: 'INVALID_UPDATE ErrBadTargets tuf: data has no signatures',
  },
  {
    name: 'a snapshot without signatures',
    given: (c) => c.signWith('snapshot', []),
    expect: 'INVALID_UPDATE ErrBadSnapshot tuf: data has no signatures',
  },
  ...(['root', 'targets', 'snapshot', 'timestamp'] as const).map((role) => ({
    name: `${role} whose first byte is another one`,
    given: (c: TestCollection) => c.damage(role, flipped),
    send: roles,
    expect: 'MALFORMED_JSON ErrValidation ',
  })),
  {
    name: 'a root that is longer than the snapshot says',
    given: (c) => c.damage('root', (bytes) => Buffer.concat([bytes, Buffer.from(' ')])),
    keepPromises: true,
    expect: 'INVALID_UPDATE ErrBadSnapshot sha256 checksum for root did not match: expected ',
  },
  {
    name: 'targets that are longer than the snapshot says',
    given: (c) => c.damage('targets', (bytes) => Buffer.concat([bytes, Buffer.from(' ')])),
    keepPromises: true,
    expect: 'INVALID_UPDATE ErrBadSnapshot sha256 checksum for targets did not match: expected ',
  },
  {
    name: 'a delegation and its parent at once',
    given: (c) => c.delegate('targets/bob', [bob]),
  },
  {
    name: 'a delegation whose parent is stored',
    before: (c) => c.delegate('targets/bob', [bob]),
    given: (c) => c.addTarget('v1', 'one', targetsRole('targets/bob')),
    send: ['targets/bob', 'snapshot'],
  },
  {
    name: 'a delegation two levels down, whose parents are stored and sent',
    before: (c) => c.delegate('targets/bob', [bob]),
    given: (c) => c.delegate('targets/bob/x', [bob]),
    send: ['targets/bob', 'targets/bob/x', 'snapshot'],
  },
  {
    name: 'a delegation that its parent does not make',
    given: (c) =>
      c.delegate('targets/bob', [bob]).edit('targets', (json) => ({ ...json, delegations: { keys: {}, roles: [] } })),
    expect: 'INVALID_UPDATE ErrBadTargets tuf: invalid role targets/bob. delegation does not exist',
  },
  {
    name: 'a delegation without a parent',
    held: both,
    before: () => {},
    given: (c) =>
      c
        .delegate('targets/bob', [bob])
        .delegate('targets/bob/x', [bob])
        .edit('targets', (json) => json),
    send: ['targets/bob/x'],
    expect: 'INVALID_UPDATE ErrBadTargets tuf: invalid role targets/bob/x. delegation does not exist',
  },
  {
    name: 'a delegation signed by somebody else',
    given: (c) => c.delegate('targets/bob', [bob]).signWith(targetsRole('targets/bob'), [newKey('ecdsa')]),
    expect: 'INVALID_UPDATE ErrBadTargets valid signatures did not meet threshold for targets/bob',
  },
]

function targetsRole(name: string): 'targets' {
  return parseRole(name) as 'targets'
}

/** What the reference server lets through. */
const stricter: readonly Row[] = [
  ...(['root', 'targets', 'snapshot'] as const).map((role) => ({
    name: `${role} that is expired`,
    given: (c: TestCollection) => c.edit(role, (json) => ({ ...json, expires: '2018-10-03T12:00:00Z' })),
    expect: `INVALID_UPDATE ${errorOf(role)} ${role} expired at Wed Oct 3 12:00:00 UTC 2018`,
  })),
  ...(['root', 'targets', 'snapshot'] as const).map((role) => ({
    name: `${role} that never expires`,
    given: (c: TestCollection) => c.edit(role, (json) => ({ ...json, expires: '9999-12-31T00:00:00Z' })),
    expect: `INVALID_UPDATE ${errorOf(role)} ${role} expires at Fri Dec 31 00:00:00 UTC 9999, more than 10950 days from now`,
  })),
  ...(['targets', 'snapshot'] as const).map((role) => ({
    name: `${role} of a version from which nobody comes back`,
    given: (c: TestCollection) => c.edit(role, (json) => ({ ...json, version: Number.MAX_SAFE_INTEGER })),
    expect: `INVALID_UPDATE ${errorOf(role)} ${role} version 9007199254740991 is too far ahead of 0: 1000 is the most`,
  })),
  {
    name: 'more signatures must be there than there are keys',
    given: (c) => withRole(c, 'root', (role) => ({ ...role, threshold: 5 })),
    expect: 'INVALID_UPDATE ErrBadRoot root.json.signed.roles.root: 5 signatures by 1 keys can never be',
  },
  {
    name: 'the root gives targets other keys, and they are not signed anew',
    held: both,
    before: () => {},
    given: (c) => c.rotate('targets', [newKey('ecdsa')]),
    send: ['root'],
    expect:
      'INVALID_UPDATE ErrBadTargets valid signatures did not meet threshold for targets: the root gives it other keys, so it must be',
  },
  {
    name: 'the root gives targets other keys, and they are signed anew',
    held: both,
    before: () => {},
    given: (c) => c.rotate('targets', [newKey('ecdsa')]).addTarget('v1', 'one'),
    send: ['root', 'targets'],
  },
  {
    name: 'a snapshot that lists what was never published',
    given: (c) => c.delegate('targets/bob', [bob]),
    send: ['root', 'targets', 'snapshot'],
    expect: 'INVALID_UPDATE ErrBadSnapshot targets/bob is listed, but it is neither stored nor in the update',
  },
  {
    name: 'a snapshot that promises another version than the stored one',
    before: (c) => c.delegate('targets/bob', [bob]),
    given: (c) => c.addTarget('v1', 'one', targetsRole('targets/bob')).addTarget('v1', 'two'),
    send: ['targets', 'snapshot'],
    expect: 'INVALID_UPDATE ErrBadSnapshot sha256 checksum for targets/bob did not match: expected ',
  },
  {
    name: 'a name in another case beside its own, which the reference client merges',
    given: (c) => c.edit('targets', (json) => ({ ...json, TARGETS: {} })),
    expect: 'INVALID_UPDATE ErrBadTargets targets.json.signed: the name "TARGETS" is to be written targets',
  },
  {
    name: 'custom data whose names are not in order, signed as it stands there',
    given: (c) =>
      c.addTarget('v1', 'one', 'targets', { a: '<&>', b: 1 }).damage('targets', (bytes) => resigned(c, bytes)),
    expect:
      'INVALID_UPDATE ErrBadTargets valid signatures did not meet threshold for targets: what was signed is not canonical JSON',
  },
  {
    name: 'a name that is there twice',
    given: (c) =>
      c.damage('targets', (bytes) => Buffer.from(bytes.toString().replace('"targets":{', '"targets":{},"targets":{'))),
    expect: 'INVALID_UPDATE ErrBadTargets targets.json: ',
  },
]

/** As stock clients sign custom data: as it was given. */
function resigned(collection: TestCollection, bytes: Buffer): Buffer {
  const text = bytes.toString().replace('{"a":"\\u003c\\u0026\\u003e","b":1}', '{"b":1,"a":"\\u003c\\u0026\\u003e"}')
  const signed = text.slice('{"signed":'.length, text.lastIndexOf(',"signatures":'))
  const written = signed.replace('\\u003c', '<').replace('\\u0026', '&').replace('\\u003e', '>')
  const [key] = collection.keysOf('targets')
  if (key === undefined) throw new Error('targets have no key')
  const { digest, options } = schemeOf(key.key.type, key.privateKey)
  const sig = sign(digest, Buffer.from(written), options).toString('base64')
  return Buffer.from(`{"signed":${signed},"signatures":[{"keyid":"${key.key.id}","method":"ecdsa","sig":"${sig}"}]}`)
}

function errorOf(role: RoleName): string {
  if (role === 'root') return 'ErrBadRoot'
  return role === 'snapshot' ? 'ErrBadSnapshot' : 'ErrBadTargets'
}

const timestampOnly: readonly ServerRole[] = ['timestamp']

for (const { name, held = timestampOnly, before, given, send, keepPromises = false, expect } of [
  ...reference,
  ...stricter,
]) {
  test(`${expect === undefined ? 'taken' : 'refused'}: ${name}`, async (t) => {
    const scene = serviceScene(t)
    const collection = await scene.collection({ held })
    const chosen = (files: ReadonlyMap<RoleName, Buffer>, wanted: readonly string[] | undefined) =>
      new Map([...files].filter(([role]) => wanted?.includes(role) ?? role !== 'timestamp'))
    if (before !== undefined) {
      before(collection)
      await scene.service.publish(app, chosen((await collection.publish()).files, undefined))
    }
    const was = await scene.service.trustVersion(app)
    given?.(collection, scene)
    const { files } = await collection.publish({ keepPromises })
    const refusal = await refusalOf(scene.service.publish(app, chosen(files, send)))
    if (expect === undefined) t.is(refusal, undefined)
    else {
      t.true(refusal?.startsWith(expect), `${refusal}\n${expect}`)
      t.is(await scene.service.trustVersion(app), was, 'nothing changed')
    }
  })
}
