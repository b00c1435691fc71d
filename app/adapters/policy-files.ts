import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { mostPublicKeyFile, readPublicKey } from '../../notary/keys/public-key-file.ts'
import type { PolicyFiles } from '../../notary/policy/policy-keys.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'

/** Keys and certificates in files that a policy names, relative to a folder. */
export function policyFiles(folder: string): PolicyFiles {
  return {
    read: (path) => readPolicyText(resolve(folder, path), mostPublicKeyFile),
    publicKey: (pem) => readPublicKey(pem).key,
  }
}

/** A file of at most so many bytes. Errors: TRUST_POLICY_INVALID. */
export function readPolicyText(file: string, most: number): string {
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

function invalid(message: string, cause?: unknown): IbuildError {
  return new IbuildError('TRUST_POLICY_INVALID', message, { cause })
}
