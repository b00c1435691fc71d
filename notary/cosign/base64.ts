import { asString, failAt, type JsonGuard } from '../../shared/base/json.ts'

/** Bytes in base64 with nothing else in it. */
export const base64Bytes: JsonGuard<Buffer> = (value, place) => {
  const text = asString(value, place)
  return base64(text) ?? failAt(place, 'is not base64')
}

/** Undefined for what is no base64. */
export function base64(text: string): Buffer | undefined {
  const isWhole = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
  return isWhole ? Buffer.from(text, 'base64') : undefined
}
