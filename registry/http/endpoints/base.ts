import { type Methods, needs } from '../endpoint.ts'
import { jsonReply } from '../reply.ts'

const nobody = { required: [], optional: [] }

/** `/v2/`: whether this is a registry that lets one in (OCI distribution-spec, end-1). */
export const baseMethods: Methods<'base'> = {
  GET: () => ({ wish: nobody, run: () => jsonReply({}) }),
}

/** `/v2/_oci/ext/discover`, also of a repository: extensions of the API, of which there are none. */
export const extensionsMethods: Methods<'extensions'> = {
  GET: (_request, { name }) => ({
    wish: name === undefined ? nobody : needs(name, 'pull').wish,
    run: () => jsonReply({ extensions: [] }),
  }),
}
