import type { Hold } from '../../policy/types.ts'
import type { GoldenRow } from './golden.ts'
import { daysAgo, itemOf, now, repository, tag } from './items.ts'
import { patternOf } from './policies.ts'

const all = [{ deleteTags: ['.*'] }]
const went = 'DELETE_REGEX policies[0].tags.delete[0]'

function hold(parts: Partial<Hold>): { holds: Hold[] } {
  const rest = { repository, digest: undefined, tag: undefined, reason: 'a lawsuit', until: undefined }
  return { holds: [{ path: 'holds[0]', ...rest, ...parts }] }
}

function immutable(
  repositories: string,
  tags: string,
): {
  immutable: { path: string; repositories: ReturnType<typeof patternOf>; tags: ReturnType<typeof patternOf> }[]
} {
  const path = 'immutable[0]'
  return { immutable: [{ path, repositories: patternOf(repositories, path), tags: patternOf(tags, path) }] }
}

export const guardRows: readonly GoldenRow[] = [
  [
    'a hold of a digest',
    {
      sets: all,
      policy: hold({ digest: 'sha256:x' }),
      items: [tag('a', { digest: 'sha256:x' }), tag('b', { digest: 'sha256:x' }), tag('c')],
      expected: { a: 'HOLD holds[0]', b: 'HOLD holds[0]', c: went },
    },
  ],
  [
    'a hold of a tag',
    {
      sets: all,
      policy: hold({ tag: 'a' }),
      items: [tag('a'), tag('aa')],
      expected: { a: 'HOLD holds[0]', aa: went },
    },
  ],
  [
    'a hold of a tag with a digest',
    {
      sets: all,
      policy: hold({ tag: 'a', digest: 'sha256:x' }),
      items: [tag('a', { digest: 'sha256:y' })],
      expected: { a: went },
    },
  ],
  [
    'a hold of a whole repository',
    {
      sets: [{ deleteTags: ['.*'], untagged: { olderThan: 0 } }],
      policy: hold({}),
      items: [tag('a'), itemOf('untagged', 'sha256:u')],
      expected: { a: 'HOLD holds[0]', 'sha256:u': 'HOLD holds[0]' },
    },
  ],
  [
    'a hold of a tag is none of a manifest with that name',
    {
      sets: [{ untagged: { olderThan: 0 } }],
      policy: hold({ tag: 'sha256:u' }),
      items: [itemOf('untagged', 'sha256:u')],
      expected: { 'sha256:u': 'DELETE_UNTAGGED policies[0].untagged' },
    },
  ],
  [
    'a hold in another repository',
    {
      sets: all,
      policy: hold({ repository: 'team/app2' }),
      items: [tag('a')],
      expected: { a: went },
    },
  ],
  [
    'a hold one millisecond before it ends',
    {
      sets: all,
      policy: hold({ until: now + 1 }),
      items: [tag('a')],
      expected: { a: 'HOLD holds[0]' },
    },
  ],
  [
    'a hold at the time when it ends',
    {
      sets: all,
      policy: hold({ until: now }),
      items: [tag('a')],
      expected: { a: went },
    },
  ],
  [
    'a hold that the source has',
    {
      sets: all,
      items: [tag('a', { guards: ['hold'] })],
      expected: { a: 'HOLD' },
    },
  ],
  [
    'an immutable tag by the policy',
    {
      sets: all,
      policy: immutable('team/.*', 'v.*'),
      items: [tag('v1'), tag('a')],
      expected: { v1: 'IMMUTABLE immutable[0]', a: went },
    },
  ],
  [
    'an immutable rule of another repository',
    {
      sets: all,
      policy: immutable('prod/.*', 'v.*'),
      items: [tag('v1')],
      expected: { v1: went },
    },
  ],
  [
    'an immutable rule must fit the whole repository',
    {
      sets: all,
      policy: immutable('team', 'v.*'),
      items: [tag('v1')],
      expected: { v1: went },
    },
  ],
  [
    'an immutable rule is not about what has no tag',
    {
      sets: [{ untagged: { olderThan: 0 } }],
      policy: immutable('.*', '.*'),
      items: [itemOf('untagged', 'sha256:u')],
      expected: { 'sha256:u': 'DELETE_UNTAGGED policies[0].untagged' },
    },
  ],
  [
    'a guard of each kind',
    {
      sets: all,
      items: [
        tag('a', { guards: ['immutable'] }),
        tag('b', { guards: ['in-use'] }),
        tag('c', { guards: ['signed-target'] }),
      ],
      expected: { a: 'IMMUTABLE', b: 'IN_USE', c: 'SIGNED_TARGET' },
    },
  ],
  [
    'what is in use without a tag',
    {
      sets: [{ untagged: { olderThan: 0 } }],
      items: [itemOf('untagged', 'sha256:u', { guards: ['in-use'] })],
      expected: { 'sha256:u': 'IN_USE' },
    },
  ],
  [
    'a hold is stronger than what is immutable',
    {
      sets: all,
      policy: { ...hold({}), ...immutable('.*', '.*') },
      items: [tag('a', { guards: ['immutable', 'in-use'] })],
      expected: { a: 'HOLD holds[0]' },
    },
  ],
  [
    'a hold of the source is stronger than an immutable rule',
    {
      sets: all,
      policy: immutable('.*', '.*'),
      items: [tag('a', { guards: ['signed-target', 'hold'] })],
      expected: { a: 'HOLD' },
    },
  ],
  [
    'an immutable rule is stronger than in use',
    {
      sets: all,
      policy: immutable('.*', '.*'),
      items: [tag('a', { guards: ['in-use'] })],
      expected: { a: 'IMMUTABLE immutable[0]' },
    },
  ],
  [
    'in use is stronger than signed',
    {
      sets: all,
      items: [tag('a', { guards: ['signed-target', 'in-use'] })],
      expected: { a: 'IN_USE' },
    },
  ],
  [
    'signed is stronger than a rule that keeps',
    {
      sets: [{ keepTags: ['.*'] }],
      items: [tag('a', { guards: ['signed-target'] })],
      expected: { a: 'SIGNED_TARGET' },
    },
  ],
  [
    'a guard is told where no rule set speaks',
    {
      items: [tag('a', { guards: ['in-use'] }), tag('b')],
      expected: { a: 'IN_USE', b: 'DEFAULT_KEEP' },
    },
  ],
  [
    'a hold that ended leaves the immutable rule',
    {
      sets: all,
      policy: { ...hold({ until: daysAgo(1) }), ...immutable('.*', '.*') },
      items: [tag('a')],
      expected: { a: 'IMMUTABLE immutable[0]' },
    },
  ],
]
