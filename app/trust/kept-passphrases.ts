import type { PassphraseSource } from '../../notary/keys/types.ts'

/**
 * The same source, asked once for each key: what was given last for a key is given when it is needed again. It stays in memory for as
 * long as the source does.
 */
export function keptPassphrases(source: PassphraseSource): PassphraseSource {
  const given = new Map<string, string>()
  return async (ask) => {
    const { keyID, isNew, attempt } = ask
    const known = isNew || attempt > 1 || keyID === undefined ? undefined : given.get(keyID)
    if (known !== undefined) return known
    const passphrase = await source(ask)
    if (passphrase !== undefined && keyID !== undefined) given.set(keyID, passphrase)
    return passphrase
  }
}
