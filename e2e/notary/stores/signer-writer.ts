import { appendFileSync } from 'node:fs'
import { openSignerFolder } from '../../../notary/signer/open-signer.ts'
import { parseGun } from '../../../notary/tuf/gun.ts'

/**
 * `signer-writer.ts FOLDER ACKS`: a process that makes keys and signs with one. After each of them it adds a line to ACKS: what it
 * did, and the ID of the key.
 */
const [folder = '', acks = ''] = process.argv.slice(2)
const gun = parseGun('localhost:5000/team/app')
const signer = await openSignerFolder({ folder, ballast: 0, now: Date.now })
const snapshot = await signer.createKey(gun, 'snapshot')
appendFileSync(acks, `made ${snapshot.id}\n`)
await signer.sign(snapshot.id, Buffer.from('a message'))
appendFileSync(acks, `used ${snapshot.id}\n`)
const next = await signer.createKey(gun, 'snapshot')
appendFileSync(acks, `made ${next.id}\n`)
await signer.close()
