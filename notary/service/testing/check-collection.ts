import type { FileQuery, StoredFile } from '../../store/collection-types.ts'
import { fileProblem } from '../../tuf/file-meta.ts'
import { readMetadata, readRoot, readSnapshot, readTargets, readTimestamp } from '../../tuf/read-metadata.ts'
import { isBaseRole, parentOf } from '../../tuf/role.ts'
import type { Gun, RoleName, Targets, TargetsRole } from '../../tuf/types.ts'
import { verifySignatures } from '../../tuf/verify.ts'
import type { NotaryService } from '../types.ts'

/** What a client finds that follows a collection down from its timestamp. */
export interface FollowedCollection {
  readonly files: ReadonlyMap<RoleName, StoredFile>
  /** What is missing, not as it was promised, or not signed as it must be. */
  readonly problems: readonly string[]
}

/** Follows the current timestamp of a collection by hashes, as clients do; undefined when there is no timestamp. */
export async function followCollection(
  service: Pick<NotaryService, 'file'>,
  gun: Gun,
): Promise<FollowedCollection | undefined> {
  const problems: string[] = []
  const files = new Map<RoleName, StoredFile>()
  const get = async (query: FileQuery): Promise<Buffer> => {
    const file = await service.file(gun, query)
    if (file === undefined) problems.push(`${query.role} is missing`)
    else files.set(query.role, file)
    return file?.bytes ?? Buffer.of()
  }
  if ((await service.file(gun, { role: 'timestamp' })) === undefined) return undefined
  const timestamp = readTimestamp(await get({ role: 'timestamp' }))
  const promised = timestamp.signed.snapshot
  const snapshot = await get({ role: 'snapshot', hash: promised.sha256.toString('hex') })
  const problem = fileProblem(snapshot, promised)
  if (problem !== undefined) return { files, problems: [...problems, `snapshot: ${problem}`] }
  for (const [role, meta] of readSnapshot(snapshot).signed.meta) {
    const found = fileProblem(await get({ role, hash: meta.sha256.toString('hex') }), meta)
    if (found !== undefined) problems.push(`${role}: ${found}`)
  }
  return { files, problems: problems.length > 0 ? problems : signatureProblems(files) }
}

function signatureProblems(files: ReadonlyMap<RoleName, StoredFile>): string[] {
  const bytesOf = (role: RoleName): Buffer => files.get(role)?.bytes ?? Buffer.of()
  const root = readRoot(bytesOf('root')).signed
  const delegations = (role: TargetsRole): Targets['delegations'] => readTargets(bytesOf(role), role).signed.delegations
  const isSigned = (role: RoleName): boolean => {
    const metadata = readMetadata(role, bytesOf(role))
    if (isBaseRole(role)) {
      return verifySignatures(metadata, root.roles[role], root.keys).missing === 0
    }
    const { roles, keys } = delegations(parentOf(role))
    const delegation = roles.find(({ name }) => name === role)
    return delegation !== undefined && verifySignatures(metadata, delegation, keys).missing === 0
  }
  return [...files.keys()].filter((role) => !isSigned(role)).map((role) => `${role} is not signed by its keys`)
}
