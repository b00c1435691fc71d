import { parseArgs } from 'node:util'
import type { SoakOptions } from './run.ts'
import { type Weakness, weaknesses } from './weakness.ts'

export const usage = `npm run soak [-- --pushes N] [--clients N] [--seed N] [--minutes N] [--kill] [--json]

Clients push, mount, delete and pull while the server collects garbage with no delay; exit code 1 when anything is lost.
--pushes N    how many, 1000 unless told otherwise     --minutes N   ends after that time at the latest
--clients N   processes, 4 unless told otherwise       --kill        kills the server again and again
--seed N      chooses what is done; printed            --json        prints the counts as JSON
--without W   switches off leases or lock in the server, to see that this is missed`

export interface CommandOptions extends Omit<SoakOptions, 'tell'> {
  readonly isJson: boolean
}

/** Parses the arguments; a wrong one is an error that says so. Without a seed one is drawn. */
export function parseOptions(args: readonly string[]): CommandOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pushes: { type: 'string', default: '1000' },
      clients: { type: 'string', default: '4' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      minutes: { type: 'string' },
      kill: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      without: { type: 'string' },
    },
  })
  const number = (name: 'pushes' | 'clients' | 'seed' | 'minutes', least = 1): number => {
    const value = Number(values[name])
    if (Number.isSafeInteger(value) && value >= least) return value
    throw new Error(`--${name} wants a number from ${least} on, not ${values[name]}`)
  }
  return {
    pushes: number('pushes'),
    clients: number('clients'),
    seed: number('seed', 0),
    minutes: values.minutes === undefined ? undefined : number('minutes'),
    isKilled: values.kill,
    without: values.without === undefined ? undefined : weakness(values.without),
    isJson: values.json,
  }
}

function weakness(text: string): Weakness {
  if (Object.hasOwn(weaknesses, text)) return text as Weakness
  throw new Error(`--without wants ${Object.keys(weaknesses).join(' or ')}, not ${text}`)
}
