import { createParser, parseArguments } from '../cli/arguments.ts'
import { parseRegistryHost } from '../cli/registry-host.ts'
import { dockerConfigFile } from '../cli/registry-settings.ts'

/** `ibuild logout [HOST]`. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('logout', 'Forget the login for a registry').argument(
    '[host]',
    'host of the registry with optional port (default: docker.io)',
  )
  const { words } = parseArguments<{ readonly root?: string }>(parser, argv)
  const domain = parseRegistryHost(words[0])
  const { forgetCredentials } = await import('../../registry/client/credentials/keep.ts')
  const { env } = process
  const isForgotten = await forgetCredentials(domain, { file: dockerConfigFile(env), env })
  process.stdout.write(isForgotten ? `Removed the login for ${domain}\n` : `There is no login for ${domain}\n`)
  return 0
}
