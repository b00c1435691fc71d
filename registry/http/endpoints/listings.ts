import { mediaTypes } from '../../../shared/oci/media-types.ts'
import { parseDigestParameter } from '../../protocol/names.ts'
import { nextLink, type PageRequest, parsePage } from '../../protocol/page.ts'
import type { Listing } from '../../service/types.ts'
import { type Methods, needs } from '../endpoint.ts'
import { jsonReply } from '../reply.ts'
import type { RegistryRequest } from '../request.ts'

/** `/v2/NAME/tags/list` (OCI distribution-spec, end-8). */
export const tagsMethods: Methods<'tags'> = {
  GET: (request, route) => {
    const { name, wish } = needs(route.name, 'pull')
    return {
      wish,
      run: async ({ service, limits }) => {
        const page = parsePage(request.query, limits.pageItems)
        const listing = await service.tags(name, page)
        return jsonReply({ name, tags: listing.items }, linkTo(request, page, listing))
      },
    }
  },
}

/** `/v2/_catalog` (Docker Registry HTTP API v2): the repositories that whoever asks may pull from. */
export const catalogMethods: Methods<'catalog'> = {
  GET: (request) => ({
    wish: { required: [{ kind: 'catalog' }], optional: [] },
    run: async ({ service, limits, grant }) => {
      const page = parsePage(request.query, limits.pageItems)
      const listing = await service.catalog(page, grant.mayPull)
      return jsonReply({ repositories: listing.items }, linkTo(request, page, listing))
    },
  }),
}

/** `/v2/NAME/referrers/DIGEST` (OCI distribution-spec, end-12). */
export const referrersMethods: Methods<'referrers'> = {
  GET: (request, route) => {
    const { name, wish } = needs(route.name, 'pull')
    const subject = parseDigestParameter(route.digest)
    const artifactType = request.query.get('artifactType') ?? undefined
    return {
      wish,
      run: async ({ service, limits }) => {
        const page = parsePage(request.query, limits.pageItems)
        const listing = await service.referrers(name, subject, { artifactType, page })
        const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: listing.items }
        return jsonReply(index, {
          'Content-Type': mediaTypes.ociIndex,
          ...(artifactType !== undefined && { 'OCI-Filters-Applied': 'artifactType' }),
          ...linkTo(request, page, listing),
        })
      },
    }
  },
}

/** Whoever asks for none gets none, and no link, because the next page would be the same. */
function linkTo(request: RegistryRequest, page: PageRequest, { next }: Listing<unknown>): { Link?: string } {
  if (next === undefined || page.count === 0) return {}
  return { Link: nextLink(request.path, request.query, { count: page.count, last: next }) }
}
