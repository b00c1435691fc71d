import type { RequestListener } from 'node:http'
import type { Access } from '../http/app.ts'

/** Who may do what, as long as a server runs. */
export interface ServerAccess extends Access {
  /**
   * Answers at {@link tokenPaths}: clients ask for tokens where they came to. Undefined where none are given, so that a login is told
   * to be needed by nothing that stock clients can do.
   */
  readonly tokenPages: RequestListener | undefined
}

export const tokenPaths: ReadonlySet<string> = new Set(['/token', '/.well-known/jwks.json'])
