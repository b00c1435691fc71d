/** Who we are for one host. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** Taken for a token by the server that gives tokens (OAuth 2 refresh token; Docker's identity token). */
  | { readonly kind: 'identity'; readonly token: string; readonly username?: string | undefined }
  /** Sent to the registry as it is. */
  | { readonly kind: 'bearer'; readonly token: string }

/** Finds credentials. */
export interface CredentialSource {
  /** Those for a host, as names of images have it; undefined when there are none. `path` is the repository, where there is one. */
  find(domain: string, path?: string): Promise<Credentials | undefined>
}

/** The key of the Hub in files and helpers. */
const hubKey = 'https://index.docker.io/v1/'

/** The key of a host. */
export function keyOf(domain: string): string {
  return isHub(domain) ? hubKey : domain
}

export function isHub(domain: string): boolean {
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(domain)
}
