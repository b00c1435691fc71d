import type { X509Certificate } from 'node:crypto'
import { subjectText } from '../tuf/certificate.ts'

export interface ChainQuestion {
  readonly leaf: X509Certificate
  /** What may lie between. */
  readonly others: readonly X509Certificate[]
  readonly authorities: readonly X509Certificate[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Certificates between a leaf and an authority. */
const longestChain = 8
/** Uses of keys that do for signing: for code, for servers (all that the reference client takes), for anything. */
const usable: ReadonlySet<string> = new Set(['1.3.6.1.5.5.7.3.3', '1.3.6.1.5.5.7.3.1', '2.5.29.37.0'])

/**
 * Why no chain of signatures leads from an authority to a certificate; undefined when one does. All in it are valid now, and may be
 * used for signing; those above the leaf are of CAs.
 */
export function authorityProblem({ leaf, others, authorities, now }: ChainQuestion): string | undefined {
  const problem = memberProblem(leaf, now)
  if (problem !== undefined) return problem
  const issuers = [...authorities, ...others].filter(({ ca }) => ca)
  const trusted = new Set(authorities.map(({ fingerprint256 }) => fingerprint256))
  let ends = [leaf]
  for (let length = 0; length <= longestChain && ends.length > 0; length++) {
    const next = issuers.filter((issuer) => ends.some((end) => isIssuedBy(end, issuer)))
    const valid = next.filter((issuer) => memberProblem(issuer, now) === undefined)
    if (valid.some(({ fingerprint256 }) => trusted.has(fingerprint256))) return undefined
    ends = valid
  }
  return 'its certificate does not come from the authority that is pinned'
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}

function memberProblem(certificate: X509Certificate, now: number): string | undefined {
  const name = subjectText(certificate)
  if (certificate.validToDate.getTime() < now)
    return `the certificate of ${name} expired at ${certificate.validToDate.toISOString()}`
  if (certificate.validFromDate.getTime() > now)
    return `the certificate of ${name} begins at ${certificate.validFromDate.toISOString()}`
  // Node says undefined, against its types, where there is no such extension.
  const uses: readonly string[] | undefined = certificate.keyUsage
  if (uses !== undefined && !uses.some((use) => usable.has(use)))
    return `the certificate of ${name} may not be used for signing`
  return undefined
}
