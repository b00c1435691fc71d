import { dirname } from 'node:path'
import { readPolicy } from '../../../notary/policy/read-policy.ts'
import type { Policy } from '../../../notary/policy/types.ts'
import { IbuildError, isIbuildError } from '../../../shared/base/errors.ts'
import { type JsonValue, parseJson } from '../../../shared/base/json.ts'
import { parseYaml, yamlLines } from '../../../shared/config/yaml-text.ts'
import { policyFiles, readPolicyText } from '../../adapters/policy-files.ts'

const mostPolicyBytes = 1024 * 1024

/** The policy in a file, YAML or JSON. Errors: TRUST_POLICY_INVALID with the line of what is wrong. */
export function readPolicyFile(file: string): Policy {
  const text = readPolicyText(file, mostPolicyBytes)
  const parsed = parseYaml(text)
  if ('problem' in parsed) throw invalid(`${file}: ${parsed.problem}`)
  try {
    return readPolicy(asJson(parsed.value), file, policyFiles(dirname(file)))
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

/** YAML has more than JSON. */
function asJson(value: unknown): JsonValue {
  return parseJson(JSON.stringify(value ?? null), { what: 'policy' })
}

function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('TRUST_POLICY_INVALID', message, { cause })
}
