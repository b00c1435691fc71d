import { factLine } from '../fact-lines.ts'

/** One line of what is known, in the column that those of retention have. */
export function fact(name: string, value: string): string {
  return factLine(name, value, 12)
}
