// `npm run soak`: see options.ts for what it takes.
import { type CommandOptions, parseOptions, usage } from './options.ts'
import { reportOf } from './report.ts'
import { soak } from './run.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args)
  if (options === undefined) return 2
  console.error(`soak: seed ${options.seed}`)
  const result = await soak({ ...options, tell: (line) => console.error(`soak: ${line}`) })
  process.stdout.write(options.isJson ? `${JSON.stringify(result, null, 2)}\n` : reportOf(result))
  return result.isGood ? 0 : 1
}

function optionsOf(args: readonly string[]): CommandOptions | undefined {
  try {
    return parseOptions(args)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    return undefined
  }
}
