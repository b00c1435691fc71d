import type { RegistryStatus } from '../../../registry/server/admin/types.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { formatSize } from '../sizes.ts'
import { writeLines } from '../write-lines.ts'
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

function linesOf({ server, readOnly, openUploads, space }: RegistryStatus): string[] {
  const rows: readonly (readonly [name: string, value: string])[] = [
    ['server', server === null ? 'none runs' : `${server.url}, process ${server.pid}`],
    ...(server === null ? [] : ([['requests', String(server.requestsInProgress)]] as const)),
    ['read-only', readOnly.isReadOnly ? 'on' : 'off'],
    ['uploads', `${openUploads} open`],
    ...(space === null ? [] : ([['disk', `${formatSize(space.free)} of ${formatSize(space.total)} free`]] as const)),
  ]
  return rows.map(([name, value]) => `${`${name}:`.padEnd(11)}${value}\n`)
}
