import type { RegistryStatus } from '../../../registry/server/admin/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { factLines } from '../fact-lines.ts'
import { jsonText } from '../json-text.ts'
import { formatSize } from '../sizes.ts'
import { writeLines } from '../write-lines.ts'
import { adoptionText } from './adoption-text.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly json?: boolean
}

/** `ibuild registry status` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry status', 'Show the server of the registry, open uploads and space on the disk')
    .option('--json', 'print a JSON object')
    .allowExcessArguments(false)
  const { options: flags } = parseArguments<Flags>(parser, argv)
  const status = await useAdmin(flags, (admin) => admin.status())
  await writeLines(flags.json === true ? [jsonText(status)] : linesOf(status))
  return 0
}

function linesOf({ server, readOnly, openUploads, holds, adoption, space, quotas }: RegistryStatus): string[] {
  return factLines([
    ['server', server === null ? 'none runs' : `${server.url}, process ${server.pid}`],
    ...(server === null ? [] : ([['requests', String(server.requestsInProgress)]] as const)),
    ['read-only', readOnly.isReadOnly ? 'on' : 'off'],
    ['uploads', `${openUploads} open`],
    ...(holds === 0 ? [] : ([['backups', `${holds} being made: bytes of what is deleted stay meanwhile`]] as const)),
    ...(adoption === null ? [] : ([['adoption', adoptionText(adoption)]] as const)),
    ...(space === null ? [] : ([['disk', `${formatSize(space.free)} of ${formatSize(space.total)} free`]] as const)),
    ...quotaRows(quotas),
  ])
}

function quotaRows({
  count,
  isCounting,
  fullest,
}: RegistryStatus['quotas']): (readonly [name: string, value: string])[] {
  const more = count - fullest.length
  return [
    ...(isCounting ? ([['usage', 'is being counted']] as const) : []),
    ...fullest.map(({ repository, bytes, onTheWay, limit }) => {
      const way = onTheWay > 0 ? `, ${formatSize(onTheWay)} on the way` : ''
      return ['quota', `${sanitize(repository)}: ${formatSize(bytes)} of ${formatSize(limit)}${way}`] as const
    }),
    ...(more > 0 ? ([['quota', `and ${more} more`]] as const) : []),
  ]
}
