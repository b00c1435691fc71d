import { readFile } from 'node:fs/promises'
import { errnoOf, IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { parseJson } from '../../../shared/base/json.ts'
import type { CredentialSource, Credentials } from '../../../shared/net/auth/credentials.ts'
import { type ConfigFile, credentialsIn, emptyConfigFile, helperFor, parseConfigFile } from './config-file.ts'
import { askHelper } from './helper.ts'

export interface CredentialOptions {
  /** Files with credentials, the most important first; one that is not there has none. */
  readonly files: readonly string[]
  /** For helpers. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onNotice: (text: string) => void
}

/** Longest file that is read. */
const mostBytes = 4 * 1024 * 1024

/**
 * Credentials as Docker's and containers' files and the helpers named in them have it; files are read once. A helper that
 * fails is a notice: what is public needs none. Errors of `find`: CREDENTIALS_INVALID for a malformed file.
 */
export function credentialSource({ files, env, onNotice }: CredentialOptions): CredentialSource {
  let configs: Promise<readonly ConfigFile[]> | undefined
  const answers = new Map<string, Promise<Credentials | undefined>>()
  const ask = async (name: string, domain: string): Promise<Credentials | undefined> => {
    try {
      return await askHelper(name, domain, { env })
    } catch (error) {
      if (!isIbuildError(error)) throw error
      onNotice(error.message)
      return undefined
    }
  }
  const fromHelper = (config: ConfigFile, domain: string): Promise<Credentials | undefined> => {
    const name = helperFor(config, domain)
    if (name === undefined) return Promise.resolve(undefined)
    const key = `${name} ${domain}`
    const answer = answers.get(key) ?? ask(name, domain)
    answers.set(key, answer)
    return answer
  }
  return {
    find: async (domain, path) => {
      for (const config of await (configs ??= Promise.all(files.map(readConfigFile)))) {
        const found = (await fromHelper(config, domain)) ?? credentialsIn(config, domain, path)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

/** An empty one when there is no such file. Errors: CREDENTIALS_INVALID. */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  try {
    const text = await readFile(file, 'utf8')
    return text.trim() === ''
      ? emptyConfigFile
      : parseConfigFile(parseJson(text, { what: file, maxBytes: mostBytes }), file)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return emptyConfigFile
    if (isIbuildError(error, 'JSON_INVALID'))
      throw new IbuildError('CREDENTIALS_INVALID', error.message, { cause: error })
    throw error
  }
}
