import { createHash } from 'node:crypto'
import { parseGun } from '../../notary/tuf/gun.ts'
import { readKey } from '../../notary/tuf/key.ts'
import { expiryOf, rootJson, targetsJson } from '../../notary/tuf/metadata-json.ts'
import { parseStrict } from '../../notary/tuf/strict-json.ts'
import { newKey, type TestKey } from '../../notary/tuf/testing/keys.ts'
import type { PublicKey } from '../../notary/tuf/types.ts'
import { signMetadata } from '../../notary/tuf/write-metadata.ts'
import { bodyOf, type NotaryClient } from './client.ts'

/** A collection that one client publishes; its server signs snapshot and timestamp. */
export interface Publishing {
  readonly gun: string
  /** Signs the next version of the targets, so many tags, and gives what publishes it: only that is to be measured. */
  prepare(tags: number): Promise<() => Promise<void>>
}

/** Begins a collection and publishes its first version, with one tag. */
export async function beginPublishing(client: NotaryClient, gun: string): Promise<Publishing> {
  const [root, targets] = [newKey('ecdsa-x509', { commonName: gun }), newKey('ecdsa')]
  const [snapshot, timestamp] = [await serverKey(client, gun, 'snapshot'), await serverKey(client, gun, 'timestamp')]
  const rootFile = await firstRoot({ root: root.key, targets: targets.key, snapshot, timestamp }, root)
  await client.publish(
    gun,
    bodyOf([
      ['root', rootFile],
      ['targets', await targetsFile(1, 1, targets)],
    ]),
  )
  let version = 1
  return {
    gun,
    async prepare(tags) {
      version++
      const body = bodyOf([['targets', await targetsFile(version, tags, targets)]])
      return () => client.publish(gun, body)
    },
  }
}

async function serverKey(client: NotaryClient, gun: string, role: string): Promise<PublicKey> {
  const bytes = await client.get(parseGun(gun), `${role}.key`)
  const key = readKey(parseStrict(bytes, { what: `key of ${role}`, maxBytes: 65536, maxDepth: 8 }))
  if (key.type === undefined) throw new Error(`the server has a key of an unknown type for ${role}`)
  return key
}

function firstRoot(
  keys: Readonly<Record<'root' | 'targets' | 'snapshot' | 'timestamp', PublicKey>>,
  signer: TestKey,
): Promise<Buffer> {
  const roleOf = ({ id }: PublicKey): { keyIDs: PublicKey['id'][]; threshold: number } => ({
    keyIDs: [id],
    threshold: 1,
  })
  const roles = {
    root: roleOf(keys.root),
    targets: roleOf(keys.targets),
    snapshot: roleOf(keys.snapshot),
    timestamp: roleOf(keys.timestamp),
  }
  const json = rootJson({ version: 1, expires: expiryOf('root', Date.now()), keys: Object.values(keys), roles })
  return signMetadata(json, [signer])
}

/** As `docker push` writes it: a sha256 alone. */
function targetsFile(version: number, tags: number, signer: TestKey): Promise<Buffer> {
  const targets = Array.from({ length: tags }, (_, i) => {
    const sha256 = createHash('sha256').update(`${version} ${i}`).digest()
    return [`v${i}`, { length: 527, sha256, sha512: undefined }] as const
  })
  return signMetadata(targetsJson({ version, expires: expiryOf('targets', Date.now()), targets }), [signer])
}
