import { IbuildError } from '../../../shared/base/errors.ts'
import type { JsonValue } from '../../../shared/base/json.ts'
import type { AdminRoute } from '../../../shared/web/admin/route.ts'
import { readAdoptRequest, readExportRequest } from './adoption.ts'
import { eventRoutes } from './event-routes.ts'
import { holdLines } from './hold-lines.ts'
import type { RegistryAdmin } from './types.ts'

/** All calls, in the order of the documentation. */
export const adminRoutes: readonly AdminRoute<RegistryAdmin>[] = [
  {
    method: 'GET',
    path: '/v1/status',
    about: 'the server, open uploads, space on the disk, quotas',
    run: (admin) => admin.status(),
  },
  {
    method: 'GET',
    path: '/v1/read-only',
    about: 'whether all that writes is refused, and how many writes are still running',
    run: (admin) => admin.readOnly(),
  },
  {
    method: 'PUT',
    path: '/v1/read-only',
    about:
      'the body is `true` or `false`; waits up to 15 seconds for writes that are running, and tells how many are left',
    run: async (admin, _parts, { body }) => admin.setReadOnly(trueOrFalse(body)),
  },
  { method: 'GET', path: '/v1/uploads', about: 'uploads that are open', run: (admin) => admin.uploads() },
  {
    method: 'DELETE',
    path: '/v1/uploads/{id}',
    about: 'ends an upload and drops its bytes',
    run: (admin, [id = '']) => admin.cancelUpload(id),
  },
  ...eventRoutes,
  {
    method: 'GET',
    path: '/v1/scrub',
    about: 'how far it is that all is read again, and what was found',
    run: (admin) => admin.scrub(),
  },
  {
    method: 'POST',
    path: '/v1/scrub',
    about: 'begins to read all again now; answers as GET',
    run: (admin) => admin.beginScrub(),
  },
  {
    method: 'POST',
    path: '/v1/reload',
    about: 'reads the configuration again, as SIGHUP does',
    run: (admin) => admin.reload(),
  },
  {
    method: 'GET',
    path: '/v1/adoption',
    about: 'the storage of another registry that is being taken over, and how far that is; `null` without one',
    run: (admin) => admin.adoption(),
  },
  {
    method: 'POST',
    path: '/v1/adoption',
    about: 'takes one over: `{"folder", "isWaiting"}`',
    run: (admin, _parts, { body }) => admin.adopt(readAdoptRequest(body)),
  },
  {
    method: 'DELETE',
    path: '/v1/adoption',
    about: 'gives it up: what was not taken yet is not served any more',
    run: (admin) => admin.leaveAdoption(),
  },
  {
    method: 'GET',
    path: '/v1/adoption/flaws',
    about: 'what is wrong in it, a thousand places at most',
    run: (admin) => admin.adoptionFlaws(),
  },
  {
    method: 'POST',
    path: '/v1/export',
    about:
      'writes OCI layouts: `{"folder", "references", "isAll", "isCopy", "isUpdate"}`; answers when that is done, and stops when the connection ends',
    run: (admin, _parts, { body, signal }) => admin.exportLayouts(readExportRequest(body), signal),
  },
  {
    method: 'POST',
    path: '/v1/token-keys/rotate',
    about:
      'makes another key for tokens; with `true` as its body what was signed before counts no more, with `false` it does',
    run: async (admin, _parts, { body }) => admin.rotateTokenKeys(trueOrFalse(body)),
  },
  {
    method: 'GET',
    path: '/v1/gc',
    about: 'what waits for garbage collection, what was removed, and why nothing is removed now',
    run: (admin) => admin.gcStatus(),
  },
  {
    method: 'POST',
    path: '/v1/gc/run',
    about: 'removes what is due; with `true` as its body it looks at what is not due yet as well',
    run: async (admin, _parts, { body }) => admin.gcRun(body === true),
  },
  {
    method: 'GET',
    path: '/v1/gc/explain/{target}',
    about: 'why `REPOSITORY:TAG`, `REPOSITORY@DIGEST` or `DIGEST` is there, when it goes, what that frees',
    run: (admin, [target = '']) => admin.gcExplain(target),
  },
  {
    method: 'GET',
    path: '/v1/tags/{repository}/{tag}/history',
    about: 'what a tag led to, newest first; a / in the name of the repository is written %2F',
    run: (admin, [repository = '', tag = '']) => admin.tagHistory(repository, tag),
  },
  {
    method: 'POST',
    path: '/v1/tags/{repository}/{tag}/rollback',
    about: 'sets a tag back; the body is the number of a move, a digest, or `null` for what it led to before',
    run: (admin, [repository = '', tag = ''], { body }) => {
      if (body === null) return admin.rollBackTag(repository, tag)
      if (typeof body === 'number' || typeof body === 'string') return admin.rollBackTag(repository, tag, body)
      throw new IbuildError('SERVER_FAILED', 'the body must be a number, a digest or null')
    },
  },
  {
    method: 'POST',
    path: '/v1/hold',
    about:
      'all rows of the metadata at one moment, in lines that are arrays of `[key, value]`, and an empty array as the last; what they name stays stored until the connection ends',
    lines: holdLines,
  },
]

function trueOrFalse(body: JsonValue): boolean {
  if (typeof body === 'boolean') return body
  throw new IbuildError('SERVER_FAILED', 'the body must be true or false')
}
