import fs from 'node:fs'
import { isObject, type JsonValue, parseJson } from '../../shared/base/json.ts'
import type { Outcome } from './try-runtime.ts'

/** What is known about one runtime binary. */
export interface RuntimeFacts extends Outcome {
  readonly name: string
  readonly version: string
  /** Time and size of the binary. */
  readonly binary: string
}

const fileName = 'runtimes.json'

/** What was learned about runtimes (by path) on the host of that key; empty when nothing usable is there. */
export function readMemory(stateDir: string, hostKey: string): ReadonlyMap<string, RuntimeFacts> {
  try {
    const saved = parseJson(fs.readFileSync(`${stateDir}/${fileName}`), { what: fileName })
    if (!isObject(saved) || saved['host'] !== hostKey || !isObject(saved['runtimes'])) return new Map()
    return new Map(Object.entries(saved['runtimes']).flatMap(([path, value]) => factsFrom(path, value)))
  } catch {
    return new Map() // not there, or damaged: it is made again
  }
}

function factsFrom(path: string, value: JsonValue): [string, RuntimeFacts][] {
  if (!isObject(value)) return []
  const { name, version, binary, failure, filter } = value
  if (typeof name !== 'string' || typeof version !== 'string' || typeof binary !== 'string') return []
  const facts = { name, version, binary, ...textAt('failure', failure), ...textAt('filter', filter) }
  return [[path, facts]]
}

function textAt(key: string, value: JsonValue | undefined): Readonly<Record<string, string>> {
  return typeof value === 'string' ? { [key]: value } : {}
}

/** Replaces what is remembered. Losing it only costs a trial, so a folder that cannot be written to is no error. */
export function writeMemory(stateDir: string, hostKey: string, runtimes: ReadonlyMap<string, RuntimeFacts>): void {
  const temporary = `${stateDir}/${fileName}.${process.pid}`
  try {
    fs.mkdirSync(stateDir, { recursive: true })
    fs.writeFileSync(temporary, JSON.stringify({ host: hostKey, runtimes: Object.fromEntries(runtimes) }))
    fs.renameSync(temporary, `${stateDir}/${fileName}`)
  } catch {
    if (fs.existsSync(temporary)) fs.rmSync(temporary)
  }
}
