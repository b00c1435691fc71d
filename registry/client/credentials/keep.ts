import { randomUUID } from 'node:crypto'
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { JsonObject } from '../../../shared/base/json.ts'
import { type Credentials, isHub, keyOf } from '../../../shared/net/auth/credentials.ts'
import { type ConfigFile, helperFor } from './config-file.ts'
import { eraseFromHelper, type HelperOptions, storeInHelper } from './helper.ts'
import { readConfigFile } from './source.ts'

export interface KeepOptions extends HelperOptions {
  /** Docker's `config.json`. */
  readonly file: string
}

/** Where credentials were put: into the file as they are, or given to a helper. */
export type KeptIn = 'file' | 'helper'

/** Keeps the credentials of a host where Docker would. All else in the file stays. Errors: CREDENTIALS_INVALID. */
export async function keepCredentials(
  { domain, credentials }: { readonly domain: string; readonly credentials: Credentials },
  { file, ...helperOptions }: KeepOptions,
): Promise<KeptIn> {
  const config = await readConfigFile(file)
  const helper = helperFor(config, domain)
  if (helper !== undefined) await storeInHelper(helper, { domain, credentials }, helperOptions)
  const entry = helper === undefined ? entryOf(credentials) : {}
  await writeConfig(file, { ...config.content, auths: { ...Object.fromEntries(config.auths), [keyOf(domain)]: entry } })
  return helper === undefined ? 'file' : 'helper'
}

/** Forgets the credentials of a host. False when there were none. Errors: CREDENTIALS_INVALID. */
export async function forgetCredentials(domain: string, { file, ...helperOptions }: KeepOptions): Promise<boolean> {
  const config = await readConfigFile(file)
  const helper = helperFor(config, domain)
  const wasHelped = helper !== undefined && (await eraseFromHelper(helper, domain, helperOptions))
  const keys = keysIn(config, domain)
  if (keys.length === 0) return wasHelped
  const rest = [...config.auths].filter(([key]) => !keys.includes(key))
  await writeConfig(file, { ...config.content, auths: Object.fromEntries(rest) })
  return true
}

/** Under what the file has the host; old programs wrote URLs. */
function keysIn({ auths }: ConfigFile, domain: string): string[] {
  const hosts = isHub(domain) ? ['docker.io', 'index.docker.io', 'registry-1.docker.io'] : [domain]
  const known = new Set(
    hosts.flatMap((host) => [host, ...['https', 'http'].flatMap((scheme) => addressesOf(`${scheme}://${host}`))]),
  )
  return [...auths.keys()].filter((key) => known.has(key))
}

function addressesOf(base: string): string[] {
  return [base, `${base}/`, `${base}/v1/`, `${base}/v2/`]
}

function entryOf(credentials: Credentials): JsonObject {
  if (credentials.kind === 'identity')
    return { auth: encoded(credentials.username ?? '<token>', ''), identitytoken: credentials.token }
  if (credentials.kind === 'bearer') return { registrytoken: credentials.token }
  return { auth: encoded(credentials.username, credentials.password) }
}

function encoded(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

/** Never half a file, never one that others may read. A link stays one. */
async function writeConfig(file: string, content: JsonObject): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const target = await realpath(file).catch(() => file)
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`)
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(content, undefined, '\t')}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
