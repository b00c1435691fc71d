import { RegistryError } from '../../protocol/error.ts'

/** True for what the registry answers to a client, one error or several. */
export function isRegistryError(error: unknown): boolean {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error]
  return errors.every((each) => each instanceof RegistryError)
}
