import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { readPublicKey } from '../../../notary/keys/public-key-file.ts'
import type { PolicyFiles } from '../../../notary/policy/policy-keys.ts'
import { readPolicy } from '../../../notary/policy/read-policy.ts'
import type { Policy } from '../../../notary/policy/types.ts'
import { errnoOf, IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { type JsonValue, parseJson } from '../../../shared/base/json.ts'
import { parseYaml, yamlLines } from '../yaml-text.ts'

const mostPolicyBytes = 1024 * 1024
const mostKeyBytes = 64 * 1024

/** The policy in a file, YAML or JSON. Errors: TRUST_POLICY_INVALID with the line of what is wrong. */
export function readPolicyFile(file: string): Policy {
  const text = readText(file, mostPolicyBytes)
  const parsed = parseYaml(text)
  if ('problem' in parsed) throw invalid(`${file}: ${parsed.problem}`)
  try {
    return readPolicy(asJson(parsed.value), file, filesBeside(file))
  } catch (error) {
    if (!isIbuildError(error, 'TRUST_POLICY_INVALID') || !error.message.startsWith(file)) throw error
    const line = lineOf(error.message.slice(file.length), yamlLines(text))
    const problem = error.message.slice(file.length).replace(/^[.:]\s*/, '')
    throw invalid(`${file}${line === undefined ? '' : `, line ${line}`}: ${problem}`, error)
  }
}

/** The line of the longest path with which a message begins. */
function lineOf(message: string, lines: ReadonlyMap<string, number>): number | undefined {
  let found = ''
  for (const path of lines.keys())
    if (path.length > found.length && message.startsWith(path) && /^[.[:]/.test(message.slice(path.length)))
      found = path
  return lines.get(found)
}

function filesBeside(file: string): PolicyFiles {
  return {
    read: (path) => readText(resolve(dirname(file), path), mostKeyBytes),
    publicKey: (pem) => readPublicKey(pem).key,
  }
}

function readText(file: string, most: number): string {
  try {
    const { size } = statSync(file)
    if (size > most) throw invalid(`${file} has ${size} bytes, more than ${most}`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === undefined) throw error
    throw invalid(errno === 'ENOENT' ? `${file} is not there` : `${file} cannot be read (${errno})`, error)
  }
}

/** YAML has more than JSON. */
function asJson(value: unknown): JsonValue {
  return parseJson(JSON.stringify(value ?? null), { what: 'policy' })
}

function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('TRUST_POLICY_INVALID', message, { cause })
}
