import type { RetentionService } from '../../retention/run/types.ts'
import { policyHash } from '../../retention/state/policies.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { readStart } from '../../shared/cas/read-start.ts'
import type { Log } from '../../shared/log/log.ts'

const mostBytes = 1024 * 1024

/**
 * Puts the policy of a file in force, if it is another one than was put in force from that file before: what somebody set since stays until
 * the file changes. One that cannot be used is told in the log, and the policy before stays.
 */
export async function usePolicyFile(
  service: Pick<RetentionService, 'source' | 'policies'>,
  file: string,
  log: Pick<Log, 'info' | 'error'>,
): Promise<void> {
  try {
    const text = await readPolicyText(file)
    const by = `file ${file}`
    const last = (await service.policies.versions()).find((version) => version.by === by)
    if (last?.hash === policyHash(text)) return
    await service.policies.set(text, by)
  } catch (error) {
    const { source } = service
    log.error('the policy stays as it was: that of the file cannot be used', { source, file, error })
  }
}

/** Errors: RETENTION_POLICY_INVALID for a file that cannot be read. */
async function readPolicyText(file: string): Promise<string> {
  try {
    const bytes = await readStart(file, mostBytes + 1)
    if (bytes.length <= mostBytes) return bytes.toString('utf8')
  } catch (cause) {
    const why = errnoOf(cause) ?? 'unknown reason'
    throw new IbuildError('RETENTION_POLICY_INVALID', `${file} cannot be read (${why})`, { cause })
  }
  throw new IbuildError('RETENTION_POLICY_INVALID', `${file}: has more than 1 MiB`)
}
