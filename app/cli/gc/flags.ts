import { type Source, sources } from '../../../retention/facts.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { suggest } from '../../../shared/base/suggest.ts'
import { type Command, createParser } from '../arguments.ts'
import { declareRegistryFlags, type RegistryFlags } from '../registry-client.ts'

/** Flags of every command that asks for retention. */
export interface GcFlags extends RegistryFlags {
  readonly root?: string
  readonly source?: string
  readonly host?: string
  readonly server?: string
  readonly config?: string
  readonly json?: boolean
}

/** A parser with {@link GcFlags}. `json` says what --json prints. */
export function gcParser(name: string, summary: string, json = 'print JSON'): Command {
  const parser = createParser(`gc ${name}`, summary)
    .option('--source <name>', 'registry, store (images built here) or docker (a Docker daemon) (default: registry)')
    .option('--host <address>', 'with --source docker: the daemon (default: as docker has it)')
    .option('--server <url>', 'registry elsewhere, by the login that ibuild login made')
    .option('--config <file>', 'configuration, where no server runs (default: IBUILD_REGISTRY_CONFIG)')
    .option('--json', json)
    .allowExcessArguments(false)
  return declareRegistryFlags(parser)
}

/** The source that flags name; those that do not go together are refused. Errors: USAGE. */
export function sourceOf({ source = 'registry', host, server, config }: GcFlags): Source {
  const found = sources.find((one) => one === source)
  if (found === undefined) {
    const meant = suggest(source, sources)
    throw new IbuildError('USAGE', `--source: there is no ${JSON.stringify(source.slice(0, 80))}`, {
      hint: meant === undefined ? `The sources are ${sources.join(', ')}.` : `Did you mean ${meant}?`,
    })
  }
  if (host !== undefined && found !== 'docker') throw new IbuildError('USAGE', '--host goes with --source docker only')
  if (config !== undefined && found !== 'registry')
    throw new IbuildError('USAGE', '--config goes with the registry only')
  for (const [flag, value] of Object.entries({ host, config })) {
    if (server !== undefined && value !== undefined)
      throw new IbuildError('USAGE', `--server and --${flag} do not go together: what a server looks after it knows`)
  }
  return found
}
