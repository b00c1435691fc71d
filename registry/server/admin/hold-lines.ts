import type { JsonValue } from '../../../shared/base/json.ts'
import { asArray, asString, type JsonPlace } from '../../../shared/base/json.ts'
import type { Row } from '../../../shared/rows/row-store.ts'
import type { RegistryAdmin } from './types.ts'

/** Pages of rows as `[key, value]`, and an empty array behind the last one; holds until `signal` aborts. */
export async function* holdLines(
  admin: Pick<RegistryAdmin, 'hold'>,
  signal: AbortSignal,
): AsyncGenerator<readonly (readonly [key: string, value: string])[]> {
  const hold = await admin.hold()
  try {
    for await (const rows of hold.rows()) yield rows.map(({ key, value }) => [key, value])
    yield []
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  } finally {
    await hold.release()
  }
}

/** The rows of a line of {@link holdLines}. Errors: SERVER_FAILED. */
export function rowsOfLine(line: JsonValue): readonly Row[] {
  const place: JsonPlace = { code: 'SERVER_FAILED', path: 'answer of the server' }
  return asArray(line, place).map((row) => {
    const [key = null, value = null] = asArray(row, place)
    return { key: asString(key, place), value: asString(value, place) }
  })
}
