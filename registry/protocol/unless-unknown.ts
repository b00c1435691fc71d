import { RegistryError } from './error.ts'

const codes: readonly string[] = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN']

/** For what a registry was asked for: undefined where it has none, and any other error as it is. */
export function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof RegistryError) || !codes.includes(error.code)) throw error
}
