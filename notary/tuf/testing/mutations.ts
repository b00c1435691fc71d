import type { JsonObject } from '../../../shared/base/json.ts'
import type { RoleName } from '../types.ts'
import type { TestCollection } from './collection.ts'
import { arrayOf, numberOf, objectOf } from './json.ts'
import { newKey } from './keys.ts'

/** One way to break a file of a collection, before the next publish. All that stands above it is signed anew and promises what is there. */
export interface Mutation {
  readonly name: string
  apply(collection: TestCollection, role: RoleName): void
}

function damage(name: string, change: (bytes: Buffer) => Buffer): Mutation {
  return { name, apply: (collection, role) => void collection.damage(role, change) }
}

function edit(name: string, change: (json: JsonObject, collection: TestCollection) => JsonObject): Mutation {
  return { name, apply: (collection, role) => void collection.edit(role, (json) => change(json, collection)) }
}

/** Changes a file without signing it again. */
function forge(name: string, change: (file: JsonObject) => JsonObject): Mutation {
  return damage(name, (bytes) => Buffer.from(JSON.stringify(change(objectOf(JSON.parse(bytes.toString()))))))
}

/** Ways to break a file so that it cannot be read, or its signatures do not count. */
export const unreadable: readonly Mutation[] = [
  damage('invalid JSON', (bytes) => bytes.subarray(5)),
  damage('nothing in it', () => Buffer.of()),
  damage('bytes that are not UTF-8', (bytes) => Buffer.concat([bytes, Buffer.of(0xff)])),
  damage('something behind it', (bytes) => Buffer.concat([bytes, Buffer.from('{}')])),
  damage('signed is no object', () => Buffer.from('{"signed":"text","signatures":[]}')),
  damage('a web page', () => Buffer.from('<html></html>')),
  damage('the same name twice', (bytes) => Buffer.from(bytes.toString().replace('{"signed"', '{"signed":{},"signed"'))),
  damage('a name in upper case beside', (bytes) =>
    Buffer.from(bytes.toString().replace('{"signed"', '{"SIGNED":{},"signed"')),
  ),
  forge('signed is null', (file) => ({ ...file, signed: null })),
  forge('signed is an empty object', (file) => ({ ...file, signed: {} })),
]

/** Ways to break a file whose signatures stay true. */
export const malformed: readonly Mutation[] = [
  edit('another type', (json) => ({ ...json, _type: json['_type'] === 'Targets' ? 'Snapshot' : 'Targets' })),
  edit('the type in lower case', (json) => ({ ...json, _type: 'targets' })),
  edit('version 0', (json) => ({ ...json, version: 0 })),
  edit('version -1', (json) => ({ ...json, version: -1 })),
  edit('version as text', (json) => ({ ...json, version: '1' })),
  edit('no version', (json) => ({ ...json, version: null })),
  edit('no expiry', (json) => ({ ...json, expires: null })),
  edit('an expiry that is no time', (json) => ({ ...json, expires: 'never' })),
]

/** Ways to break the signatures of a file that can be read. */
export const badlySigned: readonly Mutation[] = [
  forge('no signatures', (file) => ({ ...file, signatures: [] })),
  forge('other bytes as signatures', (file) => ({
    ...file,
    signatures: arrayOf(file['signatures']).map((item) => ({
      ...objectOf(item),
      sig: Buffer.alloc(64, 7).toString('base64'),
    })),
  })),
  forge('signatures by another method', (file) => ({
    ...file,
    signatures: arrayOf(file['signatures']).map((item) => ({ ...objectOf(item), method: 'rsapkcs1v15' })),
  })),
  forge('another version, not signed again', (file) => {
    const signed = objectOf(file['signed'])
    return { ...file, signed: { ...signed, version: numberOf(signed['version']) + 1 } }
  }),
  {
    name: 'a key that nobody named',
    apply: (collection, role) => void collection.signWith(role, [newKey('ecdsa')]),
  },
]

/** A file that expired a second before `now`. */
export const expired: Mutation = edit('expired', (json, { now }) => ({
  ...json,
  expires: new Date(now - 1000).toISOString(),
}))

/** A file whose version is another one by `difference`. */
export function offsetVersion(difference: number): Mutation {
  return edit(`version ${difference > 0 ? '+' : ''}${difference}`, (json) => ({
    ...json,
    version: numberOf(json['version']) + difference,
  }))
}

/** A root that wants so many signatures for `role`; the root is signed again. */
export function rootThreshold(role: RoleName, threshold: number): Mutation {
  return {
    name: `threshold ${threshold} for ${role}`,
    apply: (collection) =>
      void collection.edit('root', (json) => {
        const roles = objectOf(json['roles'])
        return { ...json, roles: { ...roles, [role]: { ...objectOf(roles[role]), threshold } } }
      }),
  }
}
