import { baseOf, type LayerPath, parentOf } from '../layers/entry.ts'

const names = new Set([
  '.dockercfg',
  '.env',
  '.git-credentials',
  '.htpasswd',
  '.netrc',
  '.npmrc',
  '.pgpass',
  '.pypirc',
  '.vault-token',
  'id_dsa',
  'id_ecdsa',
  'id_ed25519',
  'id_rsa',
])

/** Names that mean something only in their directory. */
const places = new Map([
  ['config.json', '.docker'],
  ['credentials', '.aws'],
  ['config', '.kube'],
  ['auth.json', 'containers'],
])

/** True when the name of a file says that it may hold a secret. What a package manager installed is not looked at. */
export function looksSecret(path: LayerPath): boolean {
  const name = baseOf(path)
  const found = names.has(name) || (places.has(name) && places.get(name) === baseOf(parentOf(path)))
  return found && !/(?:^|\/)(?:node_modules|site-packages|dist-packages)\//.test(path)
}
