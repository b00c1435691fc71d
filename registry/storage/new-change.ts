import { randomBytes } from 'node:crypto'

/** For the `change` of a row, see `rows.ts`: another text each time. */
export function newChange(): string {
  return randomBytes(9).toString('base64url')
}
