import { IbuildError } from '../../shared/base/errors.ts'
import { problemOfAccountName } from './account-name.ts'

/** An account as the file has it. */
export interface HtpasswdEntry {
  readonly name: string
  /** bcrypt, in the form `$2b$COST$...`. */
  readonly hash: string
}

/** An account with the number of its line. */
interface Found extends HtpasswdEntry {
  readonly line: number
}

/** Accounts of one file at most. */
const mostAccounts = 100_000
const bcrypt = /^\$2[aby]\$(\d\d)\$[./A-Za-z\d]{53}$/
/** Costs of bcrypt: less is no protection; with more, a few logins would keep a processor busy for seconds. */
const [leastCost, mostCost] = [4, 16]

/**
 * The accounts of an htpasswd file: lines `NAME:HASH`, with empty ones and comments (`#`) between them. Errors:
 * ACCOUNTS_INVALID, which names the line and no hash.
 */
export function parseHtpasswd(text: string, file: string): readonly HtpasswdEntry[] {
  const found = new Map<string, Found>()
  for (const [i, line] of linesOf(text).entries()) {
    if (isSkipped(line)) continue
    const entry = { ...parseLine(line, `${file}, line ${i + 1}`), line: i + 1 }
    const other = found.get(entry.name)
    if (other !== undefined) throw invalid(`${file}, line ${entry.line}: the account is in line ${other.line} already`)
    found.set(entry.name, entry)
    if (found.size > mostAccounts) throw invalid(`${file}: has more than ${mostAccounts} accounts`)
  }
  return [...found.values()].map(({ name, hash }) => ({ name, hash }))
}

/** The text with the account in it, in the place of the one of its name where there is one. All other lines stay. */
export function withAccount(text: string, { name, hash }: HtpasswdEntry): string {
  const line = `${name}:${hash}`
  const lines = linesOf(text)
  const at = lines.findIndex((one) => isOf(one, name))
  if (at >= 0) return joined(lines.with(at, line))
  return joined([...lines, line])
}

/** The text without the account; all other lines stay. */
export function withoutAccount(text: string, name: string): string {
  return joined(linesOf(text).filter((line) => !isOf(line, name)))
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function isSkipped(line: string): boolean {
  return line.trim() === '' || line.startsWith('#')
}

function isOf(line: string, name: string): boolean {
  return !isSkipped(line) && line.startsWith(`${name}:`)
}

function parseLine(line: string, place: string): HtpasswdEntry {
  const colon = line.indexOf(':')
  if (colon < 0) throw invalid(`${place}: is not NAME:HASH`)
  const [name, hash] = [line.slice(0, colon), line.slice(colon + 1)]
  const problem = problemOfAccountName(name)
  if (problem !== undefined) throw invalid(`${place}: the name ${problem}`)
  const [, cost] = bcrypt.exec(hash) ?? []
  if (cost === undefined)
    throw invalid(`${place}: the password of ${name} is ${formOf(hash)}; only bcrypt is taken`, advice)
  if (Number(cost) < leastCost || Number(cost) > mostCost) {
    throw invalid(`${place}: the bcrypt cost of ${name} is ${Number(cost)}; from ${leastCost} to ${mostCost} are taken`)
  }
  return { name, hash: `$2b$${hash.slice(4)}` } // 2a and 2y are names of the same
}

/** What a hash is that is not taken; nothing of it is told. */
function formOf(hash: string): string {
  if (hash.startsWith('$apr1$') || hash.startsWith('$1$')) return 'an MD5 hash'
  if (hash.startsWith('{SHA}')) return 'a SHA-1 hash without salt'
  if (hash.startsWith('$5$') || hash.startsWith('$6$')) return 'a SHA-2 hash of crypt'
  if (hash.startsWith('$2')) return 'a bcrypt hash that is not written as $2b$COST$ and 53 characters'
  if (/^[./A-Za-z\d]{13}$/.test(hash)) return 'a DES hash of crypt'
  return hash === '' ? 'empty' : 'no hash that is known, or not hashed at all'
}

const advice = 'Set it anew with ibuild registry user passwd NAME, or with htpasswd -B.'

function invalid(message: string, hint?: string): IbuildError {
  return new IbuildError('ACCOUNTS_INVALID', message, hint === undefined ? {} : { hint })
}
