import { statSync } from 'node:fs'
import type { PassphraseAsk, PassphraseSource } from '../../../notary/keys/types.ts'
import { judgeSecretFile } from '../../../notary/signer/secret-file.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { askSecret } from '../prompt.ts'
import { printNotice } from '../registry-client.ts'
import type { Environment } from '../registry-settings.ts'
import { readTextFile } from './read-text-file.ts'

export interface PassphraseOptions {
  readonly env: Environment
  /** Its first line is the passphrase of every key that no variable is about. */
  readonly file?: string | undefined
}

/** Shortest passphrase that a person may choose, as the stock clients have it. */
const shortest = 8
/** Of a file with a passphrase, in bytes. */
const mostBytes = 64 * 1024

/**
 * Passphrases from the variables of the stock clients, then from the file, then from the terminal, which is asked again when one is
 * wrong. That others may read the file is told. Errors: USAGE for a file that cannot be used, or that others may write; of the source
 * USAGE for two answers that differ, CANCELLED.
 */
export function passphraseSource({ env, file }: PassphraseOptions): PassphraseSource {
  const given = file === undefined ? undefined : firstLine(file)
  return async (ask) => {
    const known = fromEnvironment(env, ask.role) ?? given
    if (known !== undefined && ask.attempt === 1) return known
    if (!process.stdin.isTTY) return undefined
    if (ask.attempt > 1) process.stderr.write('That passphrase is wrong.\n')
    return ask.isNew ? askNew(ask) : askSecret(`Passphrase for ${nameOf(ask)}: `)
  }
}

/** Docker has one variable for all keys but those of roots; the notary client has one for each kind. */
function fromEnvironment(env: Environment, role: string | undefined): string | undefined {
  const docker = env[`DOCKER_CONTENT_TRUST_${role === 'root' ? 'ROOT' : 'REPOSITORY'}_PASSPHRASE`] || undefined
  const kind = ['root', 'targets', 'snapshot'].find((each) => each === role) ?? 'delegation'
  return docker ?? (env[`NOTARY_${kind.toUpperCase()}_PASSPHRASE`] || undefined)
}

async function askNew(ask: PassphraseAsk): Promise<string> {
  const passphrase = await askSecret(`New passphrase for ${nameOf(ask)}: `)
  if (passphrase.length < shortest)
    throw new IbuildError('USAGE', `the passphrase has fewer than ${shortest} characters`)
  if ((await askSecret('The same again: ')) === passphrase) return passphrase
  throw new IbuildError('USAGE', 'the two passphrases are not the same')
}

function nameOf({ role, keyID, gun }: PassphraseAsk): string {
  const id = keyID === undefined ? '' : ` ${keyID.slice(0, 7)}`
  return `${role ?? 'private'} key${id}${gun === undefined ? '' : ` of ${gun}`}`
}

function firstLine(file: string): string {
  const [line = ''] = readTextFile(file, mostBytes).split(/\r?\n/, 1)
  judgeSecretFile(file, statSync(file), { code: 'USAGE', onNotice: printNotice })
  if (line !== '') return line
  throw new IbuildError('USAGE', `--passphrase-file: the first line of ${file} is empty`)
}
