import { openStore } from '../../../builder/store/open.ts'
import type { Mirror } from '../../../retention/ports.ts'
import { formatReference, parseReference, withDefaultTag } from '../../../shared/base/reference.ts'
import type { Log } from '../../../shared/log/log.ts'
import { lazyRegistries } from '../../adapters/lazy-registries.ts'
import { type MirrorSource, meantBy } from '../../adapters/registry-mirror.ts'
import type { FreshImages } from '../../serve/source-wanted.ts'
import { pullFrom } from '../../transfer/pull.ts'
import { openRegistryClient } from '../registry-client.ts'
import { trustChoiceOf, verifierFor } from '../verify/lazy-verifier.ts'

/** Images as `ibuild pull` has them: registries, logins and what must be signed, by the environment and files of this user. Errors: USAGE. */
export function freshImages(root: string, log: Pick<Log, 'warn'>): FreshImages & AsyncDisposable {
  const onNotice = (text: string): void => log.warn(text)
  const registries = lazyRegistries(() => openRegistryClient({}, onNotice))
  const verifier = verifierFor(trustChoiceOf({}), { root, client: registries.client, onNotice })
  const source = { client: registries.client, verifier }
  return {
    ...source,
    store: (folder) => storeMirror(folder, source, onNotice),
    async [Symbol.asyncDispose]() {
      await verifier?.close()
      await registries.close()
    },
  }
}

/** Pulls images into the builder's own of a data folder. Errors of a pull. */
function storeMirror(folder: string, source: MirrorSource, onNotice: (text: string) => void): Mirror {
  return {
    async refresh(image, to, signal) {
      const from = withDefaultTag(parseReference(image))
      const { digest } = await meantBy(from, source, signal)
      const client = await source.client()
      const store = openStore(folder)
      const emit: Parameters<typeof pullFrom>[2]['emit'] = (event) => {
        if (event.type === 'notice') onNotice(event.message)
      }
      const pulled = await pullFrom(store, { ...from, digest }, { client, signal, emit })
      const { tag = 'latest', domain, path } = from
      const name = formatReference(to === undefined ? { domain, path, tag } : withTag(to, tag))
      const isNamed = pulled.image.names.includes(name)
      if (!isNamed) await store.tags.set(name, pulled.image.manifestDigest)
      return { digest, isNew: pulled.isNew || !isNamed }
    },
  }
}

function withTag(repository: string, tag: string): { domain: string; path: string; tag: string } {
  const { domain, path } = parseReference(repository)
  return { domain, path, tag }
}
