import test, { type ExecutionContext } from 'ava'
import { digestOf } from '../../../shared/base/digest.ts'
import { imageOf, named, pushArtifact } from '../../service/testing/images.ts'
import { memoryRegistry } from '../../service/testing/memory-registry.ts'
import type { RegistryService } from '../../service/types.ts'
import type { Authorize } from '../authorize.ts'
import { type Served, serve } from '../testing/served.ts'

const app = named('team/app')
const image = imageOf('1')
const layer = digestOf(image.blobs[1] ?? '')

interface Leasing extends Served {
  /** Digests that were leased, in that order. */
  readonly leased: string[]
}

/** An app that tells what is leased; `before` is what a client has to wait for. */
async function leasing(
  t: ExecutionContext,
  { authorize, before }: { authorize?: Authorize; before?: (service: RegistryService) => Promise<void> } = {},
): Promise<Leasing> {
  const { service } = await memoryRegistry()
  await pushArtifact(service, app, image, ['1'])
  const leased: string[] = []
  const watched: RegistryService = Object.assign(Object.create(service), {
    lease: (name: string, digest: string) => {
      leased.push(`${name}@${digest}`)
      return before?.(service)
    },
  })
  return { ...(await serve(t, { service: watched, ...(authorize !== undefined && { authorize }) })), leased }
}

const paths = {
  [`/v2/${app}/blobs/${layer}`]: layer,
  [`/v2/${app}/manifests/${image.digest}`]: image.digest,
  [`/v2/${app}/manifests/1`]: image.digest,
}

for (const [path, digest] of Object.entries(paths)) {
  const what = path.replace(/[0-9a-f]{64}/, '...')
  test(`HEAD ${what} leases what it tells of, GET does not`, async (t) => {
    const { ask, leased } = await leasing(t)
    t.is((await ask('GET', path)).status, 200)
    t.deepEqual(leased, [])
    t.is((await ask('HEAD', path)).status, 200)
    t.deepEqual(leased, [`${app}@${digest}`])
  })

  test(`HEAD ${what} by one who may not push leases nothing`, async (t) => {
    const authorize: Authorize = () => ({ mayPull: () => true, mayPush: () => false })
    const { ask, leased } = await leasing(t, { authorize })
    t.is((await ask('HEAD', path)).status, 200)
    t.deepEqual(leased, [])
  })

  test(`HEAD ${what} of what goes at this moment is told that it is gone`, async (t) => {
    const before = async (service: RegistryService): Promise<void> => {
      await service.manifests.remove(app, { digest: image.digest }).catch(() => undefined)
      await service.blobs.remove(app, layer).catch(() => undefined)
    }
    const { ask } = await leasing(t, { before })
    t.is((await ask('HEAD', path)).status, 404)
  })
}
