import { type SearchOptions, type SearchResult, searchRepositories } from '../../registry/client/images/search.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { jsonText } from '../cli/json-text.ts'
import { declareRegistryFlags, openRegistryClient, type RegistryFlags } from '../cli/registry-client.ts'
import { parseCount } from '../cli/sizes.ts'
import { writeLines } from '../cli/write-lines.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags extends RegistryFlags {
  readonly tags?: boolean
  readonly json?: boolean
  readonly limit: string
}

const help = `
ibuild search localhost:5000               all repositories
ibuild search localhost:5000/team/         those that begin with team/
ibuild search 'localhost:5000/*/app'       those that match: * is any text, ? one character
ibuild search --tags localhost:5000/team/  their tags`

/** `ibuild search HOST[/PATTERN]`: repositories of a registry, and their tags. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('search', 'List repositories and tags of a registry')
    .argument('<where>', 'host[:port], and after a / the start of names or a pattern')
    .option('--tags', 'list the tags of each repository')
    .option('--limit <count>', 'most repositories', '1000')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
  declareRegistryFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [where = ''] = words
  const { domain, pattern } = placeOf(where)
  const limit = parseCount(flags.limit, '--limit')
  if (limit === 0) throw new IbuildError('USAGE', '--limit: 0 finds nothing')
  const found = await search(domain, { pattern, limit, tags: flags.tags === true }, flags)
  if (flags.json === true) process.stdout.write(jsonText({ host: domain, ...found }))
  else await writeLines(linesOf(domain, found))
  if (found.more) process.stderr.write(`there are more: --limit shows them, a pattern fewer\n`)
  return 0
}

/** The host, checked as one of an image name, and what is looked for there. Errors: REFERENCE_INVALID. */
function placeOf(where: string): { readonly domain: string; readonly pattern: string } {
  if (/^https?:\/\//i.test(where))
    throw new IbuildError('USAGE', `${JSON.stringify(where.slice(0, 100))} is not the host of a registry`, {
      hint: 'Leave the http:// or https:// away: which of them it speaks is found out.',
    })
  const slash = where.indexOf('/')
  const host = slash < 0 ? where : where.slice(0, slash)
  const isHost = host === 'localhost' || /[.:]/.test(host)
  if (!isHost) {
    throw new IbuildError('USAGE', `${JSON.stringify(host.slice(0, 100))} is not the host of a registry`, {
      hint: 'Write it as localhost:5000 or registry.example.com/team/.',
    })
  }
  return { domain: parseReference(`${host}/x`).domain, pattern: slash < 0 ? '' : where.slice(slash + 1) }
}

async function search(domain: string, options: SearchOptions, flags: RegistryFlags): Promise<SearchResult> {
  const interrupt = onInterrupt()
  const client = await openRegistryClient(flags)
  const { signal } = interrupt
  try {
    return await cancellable(signal, async () => searchRepositories(client, domain, { ...options, signal }))
  } catch (error) {
    throw withAdvice(error, domain)
  } finally {
    interrupt.release()
    await client.close()
  }
}

/** Not every registry lists what it has. */
function withAdvice(error: unknown, domain: string): unknown {
  if (!isIbuildError(error, 'REGISTRY_NOT_FOUND', 'REGISTRY_REFUSED', 'REGISTRY_DENIED')) return error
  const hint =
    domain === 'docker.io'
      ? 'Docker Hub does not list its repositories in this way.'
      : `The registry may not list its repositories, or only to some: ibuild login ${domain}.`
  return new IbuildError(error.code, error.message, { cause: error, hint })
}

/** Full names, which other commands take as they are. */
function* linesOf(domain: string, { repositories }: SearchResult): Generator<string> {
  for (const { name, tags } of repositories) {
    const full = `${domain}/${sanitize(name)}`
    if (tags === undefined) yield `${full}\n`
    else for (const tag of tags) yield `${full}:${sanitize(tag)}\n`
  }
}
