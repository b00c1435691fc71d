import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test from 'ava'
import { openSignerFolder } from '../../notary/signer/open-signer.ts'
import { parseGun } from '../../notary/tuf/gun.ts'
import { parseKeyID } from '../../notary/tuf/key.ts'
import { isSignatureOf } from '../../notary/tuf/verify.ts'
import { crashEveryCall, keepCode } from '../testing/crash.ts'
import { needs } from '../testing/needs.ts'

const script = path.join(import.meta.dirname, '../notary/stores/signer-writer.ts')
const gun = parseGun('localhost:5000/team/app')
const message = Buffer.from('another message')
const folder = mkdtempSync(path.join(tmpdir(), 'signer-crash-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

needs(test, 'gcc')(
  'keys that were told of are there after a kill, and one that was used is given to nobody as new',
  async (t) => {
    t.timeout(300_000)
    const [root, acks] = [path.join(folder, 'signer'), path.join(folder, 'acks')]
    const report = await crashEveryCall({
      script,
      args: [root, acks],
      env: keepCode,
      within: root,
      most: 24,
      prepare: () => {
        rmSync(root, { recursive: true, force: true })
        rmSync(acks, { force: true })
      },
      check: async (at) => {
        const told = existsSync(acks) ? readFileSync(acks, 'utf8').trim().split('\n').filter(Boolean) : []
        const signer = await openSignerFolder({ folder: root, ballast: 0, now: Date.now })
        try {
          const used = told.filter((line) => line.startsWith('used ')).map((line) => line.slice(5))
          const { id } = await signer.createKey(gun, 'snapshot')
          t.false(used.includes(id), at)
          for (const line of told) {
            const id = parseKeyID(line.slice(5))
            const key = (await signer.heldKey(id))?.key
            t.true(key !== undefined && isSignatureOf(key, message, await signer.sign(id, message)), `${line}, ${at}`)
          }
        } finally {
          await signer.close()
        }
      },
    })
    t.true(report.kills >= 20, JSON.stringify(report))
  },
)
