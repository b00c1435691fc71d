import type { NotaryService } from '../../notary/service/types.ts'
import type { FileQuery } from '../../notary/store/collection-types.ts'
import { isRole } from '../../notary/tuf/role.ts'
import type { MetadataSource } from '../../notary/verifier/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'

/** The collections of a notary in this process. What it gives is verified as what a server far away gives. */
export function notarySource(service: Pick<NotaryService, 'file'>): MetadataSource {
  return {
    async fetch(gun, name, { most, signal }) {
      signal.throwIfAborted()
      const query = queryOf(name)
      if (query === undefined) return undefined
      const file = await service.file(gun, query).catch((cause: unknown) => {
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new IbuildError('TRUST_UNREACHABLE', `${gun}: the notary here cannot give ${name}: ${reason}`, { cause })
      })
      if (file === undefined || file.bytes.length <= most) return file?.bytes
      const problem = `${name} has ${file.bytes.length} bytes, more than the ${most} that are taken`
      throw new IbuildError('TRUST_TOO_LARGE', `${gun}: ${problem}`)
    },
  }
}

/** `root.json`, `2.root.json` or `targets/releases.HASH.json`. */
function queryOf(name: string): FileQuery | undefined {
  const [, version, text = '', hash] =
    /^(?:([1-9]\d{0,9})\.)?([a-z\d/_-]+)(?:\.([a-f\d]{64,128}))?\.json$/.exec(name) ?? []
  if (!isRole(text)) return undefined
  if (version !== undefined) return { role: text, version: Number(version) }
  return hash === undefined ? { role: text } : { role: text, hash }
}
