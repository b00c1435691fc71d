import { randomInt } from 'node:crypto'
import { hash, verify } from '@node-rs/bcrypt'

/** About a tenth of a second of a processor for each login that is checked. */
const usualCost = 11
const letters = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** The hash of a password, on a thread of its own; the password is one that `password.ts` finds nothing wrong with. */
export function hashPassword(password: string, cost: number = usualCost): Promise<string> {
  return hash(password, cost)
}

/** True when the password has that hash; found out on a thread of its own. */
export function checkPassword(password: string, stored: string): Promise<boolean> {
  return verify(password, stored)
}

/** A hash that no password is known for; to check against it takes as long as against one of ours. */
export function hashOfNobody(): string {
  const digest = Array.from({ length: 30 }, () => letters[randomInt(letters.length)]).join('')
  return `$2b$${usualCost}$${digest.slice(0, 21)}.${digest.slice(0, 30)}.`
}
