// `node --import weaken.ts` with `SOAK_WITHOUT` in the environment: what is loaded lacks that; no file is changed.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Edit, type Weakness, weaknesses } from './weakness.ts'

const { file, edits } = weaknesses[process.env.SOAK_WITHOUT as Weakness]

registerHooks({
  load: (url, context, next) => {
    if (!url.endsWith(file)) return next(url, context)
    const source = edits.reduce(edited, readFileSync(fileURLToPath(url), 'utf8'))
    return { format: 'module-typescript', source, shortCircuit: true }
  },
})

function edited(source: string, { from, to }: Edit): string {
  if (!source.includes(from)) throw new Error(`${file} has not: ${from}`)
  return source.replace(from, to)
}
