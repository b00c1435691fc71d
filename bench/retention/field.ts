import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { asArray, asInteger, asObject, parseJson, required } from '../../shared/base/json.ts'
import { median } from '../measure.ts'
import type { ServerContender, ServerField, ServerRow, Size } from '../servers/row.ts'
import { applyTimes } from './apply-times.ts'
import { fillTags } from './fill.ts'
import { pushTags } from './push-tags.ts'
import { servedPreviews } from './served-preview.ts'
import type { Filled } from './tags.ts'

/** A data folder with a registry that no server runs on between two measures. */
export interface RetentionScene extends ServerContender {
  readonly name: 'ibuild'
  readonly root: string
  /** The installed command. */
  readonly program: string
}

const repository = 'team/app'

const rows: readonly ServerRow<RetentionScene>[] = [
  {
    name: 'G1',
    title:
      'preview of 100 000 tags of a registry, each with a manifest of its own; patterns, groups, keep-N, pulls and ages',
    rounds: 3,
    figures: [
      { title: 'median of eight, behind two', unit: 's', better: 'less', value: 1 },
      { title: 'first of a process', unit: 's', better: 'less' },
      { title: 'command that lists what goes, of a server: median of six', unit: 's', better: 'less', value: 1 },
      { title: 'with a line of JSON for each tag: median of six, behind one', unit: 's', better: 'less' },
      { title: 'first of a server', unit: 's', better: 'less' },
    ],
    async prepare({ root, program }, size) {
      const count = filled(size, { manifests: 100_000, tags: 1 })
      await fillTags(root, count)
      return async () => {
        const own = (await previewTimes(root, 10)).milliseconds
        const served = await servedPreviews({ root, program, times: 7, tags: tagsOf(count) })
        const [listed, all] = [median(served.listed.slice(1)), median(served.milliseconds.slice(1))]
        return [median(own.slice(2)), first(own), listed, all, first(served.milliseconds)].map((time) => time / 1000)
      }
    },
  },
  {
    name: 'G2',
    title:
      'preview of 1 000 000 tags of one repository: largest memory of the process, and of a server that tells them',
    rounds: 1,
    figures: [
      { title: 'largest memory', unit: 'MiB', better: 'less', value: 768 },
      { title: 'time', unit: 's', better: 'less' },
      { title: 'largest memory of a server', unit: 'MiB', better: 'less', value: 768 },
      { title: 'time of the command', unit: 's', better: 'less' },
    ],
    async prepare({ root, program }, size) {
      const count = filled(size, { manifests: 20_000, tags: 50 })
      await fillTags(root, count)
      return async () => {
        const own = await previewTimes(root, 1)
        const served = await servedPreviews({ root, program, times: 1, tags: tagsOf(count) })
        return [own.peak, first(own.milliseconds) / 1000, served.peak, first(served.milliseconds) / 1000]
      }
    },
  },
  {
    name: 'G3',
    title:
      'a plan that removes 5 000 tags of a registry, applied: each is in the trash and in the log, and can come back',
    rounds: 3,
    figures: [
      { title: 'plan', unit: 's', better: 'less' },
      { title: 'tags removed', unit: '1/s', better: 'more' },
      { title: 'tags given back', unit: '1/s', better: 'more' },
    ],
    async prepare({ root }, size) {
      const count = filled(size, { manifests: 5000, tags: 1 })
      await pushTags(root, count)
      return async () => applyTimes(root, tagsOf(count))
    },
  },
]

/** A hundredth of it to try a row out. */
function filled(size: Size, { manifests, tags }: Pick<Filled, 'manifests' | 'tags'>): Filled {
  return { repository, manifests: size === 'full' ? manifests : manifests / 100, tags }
}

function tagsOf({ manifests, tags }: Filled): number {
  return manifests * tags
}

function first(times: readonly number[]): number {
  return times[0] ?? Number.NaN
}

interface Previews {
  readonly milliseconds: readonly number[]
  /** MiB. */
  readonly peak: number
}

/** In a process of its own, whose memory is that of previews alone. */
async function previewTimes(root: string, times: number): Promise<Previews> {
  const script = join(import.meta.dirname, 'preview.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [script, root, String(times)])
  const place = { code: 'JSON_INVALID', path: 'what previews took' } as const
  const told = asObject(parseJson(stdout, { what: place.path }), place)
  return {
    milliseconds: required(told, 'microseconds', place, asArray).map((one) => asInteger(one, place) / 1000),
    peak: required(told, 'peak', place, asInteger),
  }
}

/** Retention of ours, and what it takes. */
export const retentionField: ServerField<RetentionScene> = {
  rows,
  names: ['ibuild'],
  reference: 'ibuild',
  start: async (name, { root, program }) => ({
    name,
    version: `Node ${process.versions.node}`,
    root,
    program,
    [Symbol.asyncDispose]: async () => {},
  }),
}
