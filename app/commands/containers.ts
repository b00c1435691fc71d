import type { Container, Store } from '../../builder/store/types.ts'
import { shortName } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { tellDamagedContainers } from '../cli/damaged-containers.ts'
import { storeOf } from '../cli/open-store.ts'
import { dataText, parseFormat } from '../cli/output-format.ts'
import { formatSize } from '../cli/sizes.ts'
import { formatAge, formatTable, shortID } from '../cli/table.ts'
import { sanitize } from '../progress/sanitize.ts'

interface Flags {
  readonly root?: string
  readonly quiet?: boolean
  readonly format?: string
  readonly json?: boolean
  readonly trunc: boolean
}

/** Widest text of a command that is shown without --no-trunc. */
const maxText = 40

/** `ibuild containers`: sorted by name. Damage is told on stderr and gives exit code 1. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('containers', 'List containers that ibuild run --keep left')
    .option('-q, --quiet', 'print names only')
    .option('--format <format>', 'table, json or yaml')
    .option('--json', 'print an array of JSON objects')
    .option('--no-trunc', 'print commands and IDs in full')
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const store = storeOf(flags)
  process.stdout.write(await textOf(store, store.containers.scan().containers, flags))
  return tellDamagedContainers(store, '') === 0 ? 0 : 1
}

async function textOf(store: Store, containers: readonly Container[], flags: Flags): Promise<string> {
  const { quiet, trunc } = flags
  const format = parseFormat(flags, ['table', 'json', 'yaml'])
  if (quiet === true) return containers.map(({ name }) => `${name}\n`).join('')
  if (format !== 'table')
    return dataText(
      containers.map((container) => toData(store, container)),
      format,
    )
  const rows = containers.map((container) => [
    container.name,
    imageText(store, container, trunc),
    commandText(container, trunc),
    formatAge(new Date(container.created).toISOString()),
    `${container.exitCode}`,
    formatSize(sizeOf(store, container)),
  ])
  return formatTable([['NAME', 'IMAGE', 'COMMAND', 'CREATED', 'EXIT CODE', 'SIZE'], ...rows])
}

function toData(store: Store, container: Container): object {
  const { name, imageID, manifestDigest, layer, command, exitCode, created } = container
  const about = { imageID, manifestDigest, layer: layer ?? null, size: sizeOf(store, container) }
  return { name, ...about, command, exitCode, created: new Date(created).toISOString() }
}

/** A name of the image it ran on, or its ID when it has none any more. */
function imageText(store: Store, { manifestDigest, imageID }: Container, short: boolean): string {
  const [name] = store.images.get(manifestDigest)?.names ?? []
  if (name !== undefined) return shortName(name)
  return short ? shortID(imageID) : imageID
}

function commandText({ command }: Container, short: boolean): string {
  const text = sanitize(command.join(' ').replaceAll('\n', ' '))
  return short && text.length > maxText ? `${text.slice(0, maxText - 3)}...` : text
}

/** Bytes of what it wrote, as a tar. */
function sizeOf({ layers }: Store, { layer }: Container): number {
  return layer === undefined ? 0 : (layers.get(layer)?.size ?? 0)
}
