import type { RegistryClientOptions } from '../../registry/client/client.ts'
import type { RegistryClient } from '../../registry/client/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { sanitize } from '../progress/sanitize.ts'
import type { Command } from './arguments.ts'
import { version } from './version.ts'

/** Flags of every command that speaks to registries. */
export interface RegistryFlags {
  readonly tlsVerify?: string
  readonly insecure?: boolean
}

/** Declares {@link RegistryFlags}. */
export function declareRegistryFlags(parser: Command): Command {
  return parser
    .option('--tls-verify <bool>', 'false: take any certificate of registries, and plain http from those without TLS')
    .option('--insecure', 'the same as --tls-verify=false')
}

/**
 * The client of registries for a command. The caller closes it. What a user should know though it is no error is told by
 * `onNotice`, on stderr unless told. Errors: USAGE, REGISTRIES_INVALID.
 */
export async function openRegistryClient(flags: RegistryFlags = {}, onNotice = printNotice): Promise<RegistryClient> {
  const isAllInsecure = isInsecure(flags)
  const { createRegistryClient } = await import('../../registry/client/client.ts')
  return createRegistryClient(await registryOptions({ isAllInsecure, onNotice }))
}

/** What the environment and files say of registries. */
export async function registryOptions({
  isAllInsecure,
  onNotice,
}: {
  readonly isAllInsecure: boolean
  readonly onNotice: (text: string) => void
}): Promise<RegistryClientOptions> {
  const settings = await import('./registry-settings.ts')
  const [{ credentialSource }, { proxiesIn }, { authoritiesIn }] = await Promise.all([
    import('../../registry/client/credentials/source.ts'),
    import('../../shared/net/http/proxy.ts'),
    import('../../shared/net/http/authorities.ts'),
  ])
  const { env } = process
  const hosts = settings.readHostSettings(env, onNotice)
  return {
    userAgent: `ibuild/${version()}`,
    hosts: { ...hosts, isAllInsecure },
    credentials: credentialSource({ files: settings.credentialFiles(env), env, onNotice }),
    proxies: proxiesIn(env),
    authorities: authoritiesIn(env),
    certificateFolders: settings.certificateFolders(env),
    onNotice,
  }
}

/** Errors: USAGE. */
export function isInsecure({ tlsVerify, insecure = false }: RegistryFlags): boolean {
  if (tlsVerify === undefined) return insecure
  if (!['true', 'false', '1', '0'].includes(tlsVerify)) {
    throw new IbuildError('USAGE', `--tls-verify: ${JSON.stringify(tlsVerify.slice(0, 40))} is not true or false`)
  }
  const isVerified = tlsVerify === 'true' || tlsVerify === '1'
  if (isVerified && insecure) throw new IbuildError('USAGE', '--insecure and --tls-verify=true contradict each other')
  return !isVerified
}

/** Tells a user something that is no error. */
export function printNotice(text: string): void {
  process.stderr.write(`note: ${sanitize(text)}\n`)
}
