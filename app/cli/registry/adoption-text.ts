import type { AdoptionStatus } from '../../../registry/adopt/adoption.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { formatSize } from '../sizes.ts'

const stateTexts = {
  noted: 'begins with the next server',
  importing: 'going on',
  waiting: 'waiting',
  done: 'done',
} as const

/** How far an adoption is, in one line. */
export function adoptionText({ tree, state, waitsFor, repositories, counts }: AdoptionStatus): string {
  const { done, total } = repositories
  const reason = waitsFor === null ? '' : `: ${sanitize(waitsFor)}`
  const flaws = counts.flaws === 0 ? '' : `, ${counts.flaws} not taken as they are`
  return `${sanitize(tree)}, ${stateTexts[state]}${reason}; ${done} of ${total ?? '?'} repositories${flaws}`
}

/** All that is known of it, for people. */
export function adoptionLines(status: AdoptionStatus): string[] {
  const { counts, current, state, startedAt, writtenAt } = status
  const { manifests, tags, blobs, bytes, linked, copied } = counts
  return [
    `${adoptionText(status)}\n`,
    `taken: ${tags} tags, ${manifests} manifests, ${blobs} blobs of ${formatSize(bytes)}; files: ${linked} linked, ${copied} copied\n`,
    ...(current === null ? [] : [`now: ${sanitize(current)}\n`]),
    ...(state === 'done' ? ['The old storage is not needed any more.\n'] : []),
    ...(writtenAt === null ? [] : [writtenLine(writtenAt, startedAt)]),
  ]
}

/** What came before may be all that ever comes, or the last of a server that still runs. */
function writtenLine(at: number, startedAt: number): string {
  const what = `Something was written there at ${new Date(at).toISOString()}`
  return at < startedAt
    ? `${what}, shortly before: make sure that the old server does not run any more.\n`
    : `${what}: stop whatever still pushes to it. What came to repositories that were taken already is not here.\n`
}
