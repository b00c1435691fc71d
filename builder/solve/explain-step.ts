import { type Digest, isDigest } from '../../shared/base/digest.ts'
import { isObject, type JsonValue } from '../../shared/base/json.ts'
import { compareListings } from '../explain/compare-listings.ts'
import { compareParts, type PartChange } from '../explain/compare-parts.ts'
import { explainMiss, type MissedStep } from '../explain/explain-miss.ts'
import { nearest } from '../explain/nearest.ts'
import { oneLine, shortDigest, showTime, withoutSecrets } from '../explain/show-value.ts'
import type { ComparedPart, MissReason, StepExplanation, StepFacts } from '../explain/types.ts'
import type { RecordTrace, StepRecord } from '../store/types.ts'
import { wasBelieving } from './believed-indexes.ts'
import { concealParts, environmentParts } from './conceal.ts'
import type { PreparedStep } from './prepare-step.ts'
import type { PlacedStep, StageScope } from './stage-scope.ts'
import { belowOf, factsOf, namesOf } from './step-facts.ts'
import { keyVersion } from './step-key.ts'

/** A step, and the key under which it was looked up. */
export interface LookedUp {
  readonly placed: PlacedStep
  readonly prepared: PreparedStep
  readonly key: Digest
}

/** What a miss comes from: the reason, and the comparison with the nearest record when there is one. */
export type MissAccount = Pick<StepExplanation, 'parts' | 'record'> & { readonly reason: MissReason }

/** Finds the record that is nearest to a step that missed, and says how the two differ. */
export function accountOfMiss(scope: StageScope, looked: LookedUp): MissAccount {
  const { records } = scope.solver.store
  const traces = records.latest(namesOf(scope, looked.placed))
  const reason = asked(scope, looked) ?? lost(scope, looked, traces)
  const earlier = traces.flatMap(({ key, record }) =>
    record === undefined ? [] : [{ key, record, parts: record.parts }],
  )
  const compare = (record: StepRecord, changes: readonly PartChange[]): ComparedPart[] =>
    changes.map((change) => withFiles(scope, looked, { change, record }))
  const near = nearest(earlier, looked.prepared.parts, ({ record }, changes) => countFiles(compare(record, changes)))
  if (near === undefined) return { reason: reason ?? unknown(traces), parts: bare(looked) }
  const { record, key } = near.candidate
  const parts = compare(record, near.changes)
  const { code, text } =
    reason ?? otherVersion(record) ?? explainMiss(missedStep(scope, looked), readFacts(record), parts)
  return {
    reason: { code, text: oneLine(withoutSecrets(text)) },
    record: { key, created: new Date(record.created).toISOString() },
    parts: parts.map(shown),
  }
}

/** What `--explain` tells of a hit: every part is that of the record. */
export function accountOfHit(
  scope: StageScope,
  { prepared, key }: LookedUp,
): Pick<StepExplanation, 'parts' | 'record'> {
  const record = scope.solver.store.records.peek(key)?.record
  const parts = compareParts(record?.parts ?? [], prepared.parts).map(shown)
  return record === undefined ? { parts } : { parts, record: { key, created: new Date(record.created).toISOString() } }
}

function bare({ prepared }: LookedUp): ComparedPart[] {
  return compareParts([], prepared.parts).map(shown)
}

/** The user wanted it. */
function asked({ solver }: StageScope, { placed }: LookedUp): MissReason | undefined {
  const flag = solver.noCacheFlag(placed.stage)
  return flag === undefined ? undefined : { code: 'no-cache', text: `asked for with ${flag}` }
}

/** There was a record under this very key. */
function lost({ solver }: StageScope, { key }: LookedUp, traces: readonly RecordTrace[]): MissReason | undefined {
  const record = solver.store.records.peek(key)?.record
  if (record !== undefined) {
    if (wasBelieving(record) && record.diffID !== undefined && solver.store.layers.get(record.diffID) !== undefined)
      return { code: 'index-false', text: 'it was made with a published layer index that is false' }
    const which = record.diffID === undefined ? '' : ` (${shortDigest(record.diffID)})`
    return { code: 'layer-lost', text: `the layer of this step is gone${which}` }
  }
  if (solver.store.records.isThere(key)) return { code: 'record-damaged', text: 'the record of this step is damaged' }
  const trace = traces.find((each) => each.key === key)
  if (trace === undefined) return undefined
  if (trace.prunedAt === undefined) return { code: 'record-lost', text: 'the record of this step is gone' }
  return { code: 'pruned', text: `the record of this step was removed by prune on ${showTime(trace.prunedAt)}` }
}

/** No earlier record is left. */
function unknown(traces: readonly RecordTrace[]): MissReason {
  const pruned = traces.find(({ prunedAt }) => prunedAt !== undefined)?.prunedAt
  if (pruned === undefined) return { code: 'first-build', text: 'first build of this step' }
  return { code: 'pruned', text: `earlier records of this step were removed by prune on ${showTime(pruned)}` }
}

function otherVersion(record: StepRecord): MissReason | undefined {
  const version = readFacts(record)?.version ?? '1'
  if (version === keyVersion) return undefined
  return {
    code: 'other-version',
    text: `recorded by another version of ibuild (cache keys of version ${version}, now ${keyVersion})`,
  }
}

function missedStep(scope: StageScope, { placed }: LookedUp): MissedStep {
  const { step, stage } = placed
  const { secretDigest } = scope.solver.store
  const settings = stage.base.kind === 'image' ? (stage.base.image.config.config ?? {}) : {}
  return {
    facts: factsOf(scope, placed),
    below: belowOf(placed),
    argNames: step.kind === 'run' ? step.argNames : [],
    baseParts: concealParts(
      [
        ...environmentParts(settings.Env ?? [], secretDigest),
        { name: 'user', value: settings.User ?? '' },
        { name: 'workdir', value: settings.WorkingDir ?? '/' },
      ],
      step.secrets,
      secretDigest,
    ),
  }
}

function withFiles(
  { solver }: StageScope,
  { prepared }: LookedUp,
  { change, record }: { readonly change: PartChange; readonly record: StepRecord },
): ComparedPart {
  const { name, before, after } = change
  if (change.change !== 'changed' || !name.startsWith('content of ')) return change
  const [oldDigest = '', newDigest = ''] = [before, after].map((value) => value?.slice(value.lastIndexOf(' ') + 1))
  const kept = isDigest(oldDigest) ? solver.store.listings.get(oldDigest) : undefined
  const old = inlineListing(record, oldDigest) ?? kept
  const now = prepared.listings.find(({ digest }) => digest === newDigest)
  if (old === undefined || now === undefined) return change
  return { ...change, ...compareListings([old], now.pieces()) }
}

/** One for a part whose files are not known. */
function countFiles(parts: readonly ComparedPart[]): number {
  return parts
    .filter(({ change }) => change !== 'same')
    .reduce((sum, { fileCount = 1 }) => sum + Math.max(1, fileCount), 0)
}

function inlineListing({ extra }: StepRecord, digest: string): string | undefined {
  const listings = extra?.['listings']
  const text = isObject(listings) ? listings[digest] : undefined
  return typeof text === 'string' ? text : undefined
}

/** As kept by the record, or undefined for one without. */
function readFacts({ extra }: StepRecord): StepFacts | undefined {
  const facts = extra?.['facts']
  if (!isObject(facts)) return undefined
  const { version, position, after } = facts
  const base = readNamed(facts['base'])
  const ignore = readNamed(facts['ignore'])
  if (typeof version !== 'string' || typeof position !== 'number' || base === undefined) return undefined
  return { version, position, base, ...(typeof after === 'string' && { after }), ...(ignore && { ignore }) }
}

function readNamed(value: JsonValue | undefined): StepFacts['base'] | undefined {
  const { name, digest } = isObject(value) ? value : {}
  return typeof name === 'string' && typeof digest === 'string' ? { name, digest } : undefined
}

/** More files are only counted. */
const shownFiles = 100

/** The part as it may be handed out. */
function shown({ name, change, before, after, files, fileCount }: ComparedPart): ComparedPart {
  return {
    name: withoutSecrets(name),
    change,
    ...(before !== undefined && { before: withoutSecrets(before) }),
    ...(after !== undefined && { after: withoutSecrets(after) }),
    ...(files && { files: files.slice(0, shownFiles), fileCount: fileCount ?? files.length }),
  }
}
