import { changedCollections } from '../../../notary/client/changefeed.ts'
import { httpSource } from '../../../notary/client/http-source.ts'
import type { TrustServer } from '../../../notary/client/trust-server.ts'
import type { NotaryAdmin } from '../../../notary/server/admin/types.ts'
import type { Adoption } from '../../../notary/service/types.ts'
import { parseGun } from '../../../notary/tuf/gun.ts'
import type { Gun } from '../../../notary/tuf/types.ts'
import { type CollectionCopy, copyCollection } from '../../../notary/verifier/copy-collection.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { parseArguments } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { printNotice } from '../registry-client.ts'
import { writeLines } from '../write-lines.ts'
import { type ImportFlags, importParser, serverOf } from './import-flags.ts'
import { useNotary } from './use-notary.ts'

/** `ibuild notary import GUN... --from URL` */
export async function run(argv: readonly string[]): Promise<number> {
  const { words, options: flags } = parseArguments<ImportFlags>(importParser(), argv)
  if (words.length === 0 && flags.all !== true)
    throw new IbuildError('USAGE', 'name the collections that are to be imported, or give --all')
  if (words.length > 0 && flags.all === true) throw new IbuildError('USAGE', '--all is without names of collections')
  const named = words.map((word) => parseGun(word))
  const server = await serverOf(flags)
  try {
    return await interruptible(async (signal) => {
      const guns = flags.all === true ? await changedCollections(server, signal) : named
      if (guns.length === 0) printNotice('the other server has no collections')
      return useNotary(flags, (admin) => importAll(guns, { server, admin, signal }), { isMade: true })
    })
  } finally {
    await server.close()
  }
}

interface Importing {
  readonly server: TrustServer
  readonly admin: NotaryAdmin
  readonly signal: AbortSignal
}

/** One after the other; what cannot be taken keeps no other from being taken. The exit code. */
async function importAll(guns: readonly Gun[], { server, admin, signal }: Importing): Promise<number> {
  let failed = 0
  for (const gun of guns) {
    try {
      const copy = await copyCollection(gun, httpSource(server), { signal })
      const adoption = await admin.adopt(gun, copy)
      for (const [role, { message }] of copy.unusable) printNotice(`${role} is imported, but not usable: ${message}`)
      await writeLines([`${gun}: ${describe(adoption, copy)}\n`])
    } catch (error) {
      if (signal.aborted || guns.length === 1 || !isIbuildError(error)) throw error
      failed += 1
      printNotice(`${gun} is not imported: ${sanitize(error.message)}`)
    }
  }
  if (failed > 0) printNotice(`${failed} of ${guns.length} collections are not imported`)
  return failed === 0 ? 0 : 1
}

function describe(adoption: Adoption, { roots, files }: CollectionCopy): string {
  const { kind } = adoption
  if (kind === 'newer') {
    const ahead =
      adoption.ahead.length === 0 ? '' : `; not taken over, though newer there: ${adoption.ahead.join(', ')}`
    return `was changed here since, and stays as it is${ahead}`
  }
  return kind === 'imported'
    ? `imported, with ${roots.length === 1 ? 'its root' : `${roots.length} roots`} and ${files.size} other files`
    : 'is here as it is there'
}
