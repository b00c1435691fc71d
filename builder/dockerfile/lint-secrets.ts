import { quote } from './fail.ts'
import type { DockerfileWarning, Instruction } from './types.ts'

const secret = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i
const harmless = /(?:_|^)(?:public|file|version)(?:_|$)/i

/** True for the name of a variable whose value must not be shown. */
export function looksSecret(name: string): boolean {
  return secret.test(name) && !harmless.test(name)
}

/** Names in ARG and ENV that look as if their values were secrets: both stay readable in the image. */
export function secretNames(instruction: Instruction): DockerfileWarning[] {
  return keysOf(instruction)
    .filter(looksSecret)
    .map((key) => ({
      rule: 'SecretsUsedInArgOrEnv',
      message: `Do not use ARG or ENV instructions for sensitive data (${instruction.kind} ${quote(key)})`,
      location: instruction.location,
    }))
}

function keysOf(instruction: Instruction): string[] {
  if (instruction.kind === 'ARG') return instruction.args.map(({ key }) => key)
  return instruction.kind === 'ENV' ? instruction.pairs.map(({ key }) => key) : []
}
