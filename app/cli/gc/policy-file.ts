import { mostPolicyBytes } from '../../../retention/policy/read-policy.ts'
import { IbuildError } from '../../../shared/base/errors.ts'
import { readTextFile } from '../trust/read-text-file.ts'

/** The text of a policy in a file, or on stdin (`-`). Errors: USAGE. */
export async function policyFile(file: string): Promise<string> {
  return file === '-' ? textOfStdin() : readTextFile(file, mostPolicyBytes)
}

async function textOfStdin(): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of process.stdin) {
    const bytes = Buffer.from(piece)
    size += bytes.length
    if (size > mostPolicyBytes) throw new IbuildError('USAGE', `stdin has more than ${mostPolicyBytes} bytes`)
    pieces.push(bytes)
  }
  return Buffer.concat(pieces).toString()
}

/** How messages name it. */
export function nameOfFile(file: string): string {
  return file === '-' ? 'stdin' : file
}
