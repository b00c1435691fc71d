import { readFileSync } from 'node:fs'
import { isObject, type JsonObject, parseJson } from '../../shared/base/json.ts'

/** The object in a small file of ours; undefined when it is not there, not JSON or no object. */
export function readJsonFile(file: string, maxBytes = 64 * 1024): JsonObject | undefined {
  try {
    const value = parseJson(readFileSync(file), { what: file, maxBytes })
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
