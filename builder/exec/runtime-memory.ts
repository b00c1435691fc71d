import fs from 'node:fs'

/** What is known about one runtime binary. */
export interface RuntimeFacts {
  readonly name: string
  readonly version: string
  /** Time and size of the binary. */
  readonly binary: string
  readonly tried: boolean
  /** What a trial run ended with, when it did not work. */
  readonly failure?: string
}

const fileName = 'runtimes.json'

/** What was learned about runtimes (by path) on this host since it was started; empty when nothing usable is there. */
export function readMemory(stateDir: string, hostKey: string): ReadonlyMap<string, RuntimeFacts> {
  try {
    const saved: unknown = JSON.parse(fs.readFileSync(`${stateDir}/${fileName}`, 'utf8'))
    return parseMemory(saved, hostKey)
  } catch {
    return new Map()
  }
}

function parseMemory(saved: unknown, hostKey: string): ReadonlyMap<string, RuntimeFacts> {
  const { host, runtimes } = saved as { host?: unknown; runtimes?: unknown }
  if (host !== hostKey || !Array.isArray(runtimes)) return new Map()
  return new Map(runtimes.filter(isEntry))
}

function isEntry(value: unknown): value is [string, RuntimeFacts] {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== 'string') return false
  const facts = value[1] as Record<keyof RuntimeFacts, unknown> | null
  const texts = [facts?.name, facts?.version, facts?.binary, facts?.failure ?? '']
  return texts.every((text) => typeof text === 'string') && typeof facts?.tried === 'boolean'
}

/** Replaces what is remembered. Losing it only costs a trial run, so a folder that cannot be written to is no error. */
export function writeMemory(stateDir: string, hostKey: string, runtimes: ReadonlyMap<string, RuntimeFacts>): void {
  const temporary = `${stateDir}/${fileName}.${process.pid}`
  try {
    fs.mkdirSync(stateDir, { recursive: true })
    fs.writeFileSync(temporary, JSON.stringify({ host: hostKey, runtimes: [...runtimes] }))
    fs.renameSync(temporary, `${stateDir}/${fileName}`)
  } catch {
    fs.rmSync(temporary, { force: true })
  }
}
