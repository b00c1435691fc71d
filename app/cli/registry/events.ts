import type { EventsAdmin } from '../../../registry/events/events-admin.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { jsonText } from '../json-text.ts'
import { tableLines } from '../table.ts'
import { writeLines } from '../write-lines.ts'
import { deadLines, endpointLines, eventLines } from './event-lines.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly endpoint?: string
  readonly from?: string
  readonly limit?: string
  readonly json?: boolean
}

const help = `
status   how far each endpoint is, and what became of what was sent
list     events that are kept, from --from on; with --from dead the dead letters of --endpoint
replay   tells --endpoint again from event --from on, or its dead letters: before what it did not
         get yet, and with the same IDs as before
Endpoints are in the configuration, under events.endpoints.`

/** `ibuild registry events status|list|replay` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry events', 'Show who is told of events, list them, or tell them again')
    .argument('<what>', 'status, list or replay')
    .option('--endpoint <name>', 'the endpoint that is meant')
    .option('--from <number>', 'number of an event; or dead, for the dead letters of --endpoint')
    .option('--limit <count>', 'list so many at most (default: 100)')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [what = ''] = words
  const work = Object.hasOwn(works, what) ? works[what] : undefined
  if (work === undefined) {
    throw new IbuildError('USAGE', `events: ${JSON.stringify(what)} is none of status, list and replay`)
  }
  const lines = work(flags)
  await writeLines(await useAdmin(flags, ({ events }) => lines(events)))
  return 0
}

type Work = (events: EventsAdmin) => Promise<Iterable<string>>

/** What the flags mean is looked at before anything is opened. */
const works: Readonly<Record<string, (flags: Flags) => Work>> = {
  status: (flags) => {
    refuse(flags, ['endpoint', 'from', 'limit'], 'status')
    return async (events) => {
      const status = await events.status()
      return flags.json === true ? [jsonText(status)] : endpointLines(status)
    }
  },
  list: (flags) => {
    const [from, limit] = [fromOf(flags) ?? 1, countOf('--limit', flags.limit) ?? 100]
    if (from === 'dead') return listDead(flags, limit)
    if (flags.endpoint !== undefined) throw new IbuildError('USAGE', 'list: --endpoint goes with --from dead only')
    return async (events) => {
      const found = await pages((after) => events.after(after), from - 1, limit)
      return flags.json === true ? [jsonText(found)] : tableLines(eventLines(found))
    }
  },
  replay: (flags) => {
    refuse(flags, ['limit'], 'replay')
    const [name, from] = [endpointOf(flags, 'replay'), fromOf(flags)]
    if (from === undefined) throw new IbuildError('USAGE', 'replay: --from says from where: a number, or dead')
    return async (events) => {
      const count = await events.replay(name, from)
      return [flags.json === true ? jsonText({ endpoint: name, count }) : `${name}: ${count} to be told again\n`]
    }
  },
}

function listDead(flags: Flags, limit: number): Work {
  const name = endpointOf(flags, 'list --from dead')
  return async (events) => {
    const found = await pages((after) => events.dead(name, after), 0, limit)
    return flags.json === true ? [jsonText(found)] : tableLines(deadLines(found))
  }
}

/** Page after page, until there are enough. */
async function pages<Item extends { readonly number: number }>(
  page: (after: number) => Promise<readonly Item[]>,
  start: number,
  limit: number,
): Promise<readonly Item[]> {
  const all: Item[] = []
  for (let after = start; all.length < limit; ) {
    const found = await page(after)
    all.push(...found)
    const last = found.at(-1)
    if (last === undefined) break
    after = last.number
  }
  return all.slice(0, limit)
}

function refuse(flags: Flags, names: readonly (keyof Flags)[], what: string): void {
  const given = names.find((name) => flags[name] !== undefined)
  if (given !== undefined) throw new IbuildError('USAGE', `${what}: has no --${given}`)
}

function endpointOf({ endpoint }: Flags, what: string): string {
  if (endpoint !== undefined) return endpoint
  throw new IbuildError('USAGE', `${what}: --endpoint says of whom`)
}

function fromOf({ from }: Flags): number | 'dead' | undefined {
  return from === 'dead' ? from : countOf('--from', from)
}

function countOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new IbuildError('USAGE', `events: ${flag} is a number from 1 on, not ${JSON.stringify(text)}`)
}
