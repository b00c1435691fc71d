// `node --import weaken.ts` with `VERIFIER_WITHOUT` in the environment: what is loaded lacks that; no file is changed.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Mechanism, mechanisms } from './mechanisms.ts'

const { file, from, to } = mechanisms[process.env.VERIFIER_WITHOUT as Mechanism]

registerHooks({
  load: (url, context, next) => {
    if (!url.endsWith(file)) return next(url, context)
    const source = readFileSync(fileURLToPath(url), 'utf8')
    if (!source.includes(from)) throw new Error(`${file} has not: ${from}`)
    return { format: 'module-typescript', source: source.replace(from, to), shortCircuit: true }
  },
})
