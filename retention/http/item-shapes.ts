import type { Decision, Reason } from '../decide/types.ts'
import { type Guard, type ItemFacts, type ItemKind, type ItemName, type Source, sources } from '../facts.ts'
import type { Explanation, PreviewLine, Totals } from '../run/types.ts'
import { type NamedShape, named, object, optional } from './object-shape.ts'
import { count, either, flag, integer, list, record, type Shape, text, time, word } from './shape.ts'

export const source: Shape<Source> = word(...sources)

/** What is looked after in a process. */
export interface SourcesTold {
  readonly sources: readonly Source[]
  readonly daemon?: string | undefined
}

export const sourcesTold: Shape<SourcesTold> = object<SourcesTold>({
  sources: list(source),
  daemon: optional(text({ about: 'Stands for the address of the Docker daemon.' })),
})

export const kind: Shape<ItemKind> = word('tag', 'untagged', 'volume', 'cache')

const reasonWords: Readonly<Record<Reason, string>> = {
  HOLD: 'A hold of the policy, or of the source, names it.',
  IMMUTABLE: 'A rule says that it never goes.',
  IN_USE: 'Something runs it, or a client is at work with it.',
  SIGNED_TARGET: 'A signed collection names it.',
  KEEP_REGEX: 'A pattern keeps it.',
  KEEP_TOP_N: 'It is among the most recent of its group.',
  KEEP_RECENT_PULL: 'It was pulled a short time ago.',
  KEEP_RECENT_PUSH: 'It was pushed a short time ago.',
  KEEP_SIGNED: 'Somebody whom the policy names signed it.',
  KEEP_LABEL: 'It has a label that keeps it.',
  MIN_REMAINING: 'So many tags stay in each repository.',
  CAP_REACHED: 'Others went before it, and a run takes no more.',
  NO_DATA: 'Too little is known of it.',
  DEFAULT_KEEP: 'No rule speaks of it.',
  DELETE_REGEX: 'A pattern says that it goes.',
  DELETE_AGE: 'It is old.',
  DELETE_UNPULLED: 'Nobody pulled it for long.',
  DELETE_UNTAGGED: 'It has no tag, and is old.',
  DELETE_UNUSED: 'Nobody uses it.',
  DEFAULT_DELETE: 'No rule keeps it, and the default is delete.',
}
const reasons = Object.keys(reasonWords).filter((name): name is Reason => Object.hasOwn(reasonWords, name))
const reasonShape = word(...reasons)
export const reason: NamedShape<Reason> = named('Reason', {
  ...reasonShape,
  schema: {
    ...reasonShape.schema,
    description: Object.entries(reasonWords)
      .map(([name, about]) => `${name}: ${about}`)
      .join('\n'),
  },
})

export const itemName: NamedShape<ItemName> = named(
  'ItemName',
  object<ItemName>({
    kind,
    repository: text({
      about: 'Empty for volumes and records of the cache; <none> for an image that never had a name.',
    }),
    name: text({ about: 'The tag, the digest of what has none, the name of a volume, the ID of a record.' }),
  }),
)

const guard: Shape<Guard> = object<Guard>({
  kind: word('hold', 'immutable', 'in-use', 'signed-target'),
  about: text(),
})

export const item: NamedShape<ItemFacts> = named(
  'Item',
  object<ItemFacts>({
    kind,
    repository: text(),
    name: text(),
    digest: text(),
    size: count,
    pushedAt: time,
    pulledAt: optional(time),
    createdAt: optional(time),
    labels: optional(record(text())),
    signedBy: optional(list(text())),
    signersUnknown: optional(text({ about: 'Why nobody can say of some keys whether they signed it.' })),
    guards: list(guard),
  }),
)

export const decision: NamedShape<Decision> = named(
  'Decision',
  object<Decision>({
    item,
    verdict: word('keep', 'delete'),
    reason,
    rule: optional(text({ about: 'What decided: a place in the policy.' })),
    about: text(),
  }),
)

const byReason: Shape<Totals['reasons']> = {
  schema: { type: 'object', propertyNames: reason.schema, additionalProperties: count.schema },
  read: (value, path) => {
    const found = record(count).read(value, path)
    return Object.fromEntries(Object.entries(found).map(([name, number]) => [reason.read(name, path), number]))
  },
}

export const totals: NamedShape<Totals> = named(
  'Totals',
  object<Totals>({
    considered: count,
    kept: count,
    deleted: count,
    bytes: integer({ least: 0, about: 'Of the items that go, each digest once.' }),
    freed: integer({ least: 0, about: 'What goes with them, at once or after the trash.' }),
    shared: integer({ least: 0, about: 'What stays because others have it.' }),
    sharedWith: list(text({ about: 'Some of those others.' })),
    measured: integer({ least: 0, about: 'Items that freed and shared are of.' }),
    reasons: byReason,
    milliseconds: integer({ least: 0, about: 'What it took.' }),
  }),
)

export const previewLine: NamedShape<PreviewLine> = named(
  'PreviewLine',
  either<Extract<PreviewLine, { kind: 'decision' }>, Extract<PreviewLine, { kind: 'totals' }>>(
    object({ kind: word('decision'), decision }),
    object({ kind: word('totals'), totals }),
  ),
)

export const explanation: NamedShape<Explanation> = named(
  'Explanation',
  object<Explanation>({
    decision,
    rules: list(object({ rule: text(), holds: flag, about: text() })),
    changesAt: optional(time),
  }),
)
