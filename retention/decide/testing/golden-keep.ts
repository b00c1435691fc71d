import type { GoldenRow } from './golden.ts'
import { tag } from './items.ts'
import { type DeleteParts, day, type KeepParts } from './policies.ts'

const ms = 1 / day
const pushedFor: DeleteParts = { kind: 'olderThan', by: 'pushed', time: 90 * day }
const pulledWithin: KeepParts = { kind: 'pulledWithin', time: 30 * day }
const pushedWithin: KeepParts = { kind: 'pushedWithin', time: 30 * day }
const went = 'DELETE_REGEX policies[0].tags.delete[0]'
const kept = (reason: string, place = 0): string => `${reason} policies[0].keep[${place}]`

export const keepRows: readonly GoldenRow[] = [
  [
    'pulled within: up to it, at it, a millisecond more',
    {
      sets: [{ deleteTags: ['.*'], keep: [pulledWithin] }],
      items: [tag('a', { pulled: 1 }), tag('b', { pulled: 30 }), tag('c', { pulled: 30 + ms })],
      expected: { a: kept('KEEP_RECENT_PULL'), b: kept('KEEP_RECENT_PULL'), c: went },
    },
  ],
  [
    'pulled within: a push is no pull',
    {
      sets: [{ deleteTags: ['.*'], keep: [pulledWithin] }],
      items: [tag('a', { pushed: 1 })],
      expected: { a: went },
    },
  ],
  [
    'pulled within: what was there before pulls were noted may have been pulled',
    {
      sets: [{ deleteTags: ['.*'], keep: [pulledWithin] }],
      known: 30,
      items: [tag('a', { pushed: 30 + ms }), tag('b', { pushed: 30 })],
      expected: { a: kept('NO_DATA'), b: went },
    },
  ],
  [
    'pulled within: pulls are known for longer than it asks',
    {
      sets: [{ deleteTags: ['.*'], keep: [pulledWithin] }],
      known: 30 + ms,
      items: [tag('a', { pushed: 400 })],
      expected: { a: went },
    },
  ],
  [
    'a rule that holds is told rather than one without data',
    {
      sets: [{ deleteTags: ['.*'], keep: [pulledWithin, { kind: 'label', labels: [['keep', 'yes']] }] }],
      known: 1,
      items: [tag('a', { pushed: 400, labels: { keep: 'yes' } })],
      expected: { a: kept('KEEP_LABEL', 1) },
    },
  ],
  [
    'pushed within: up to it, at it, a millisecond more',
    {
      sets: [{ deleteTags: ['.*'], keep: [pushedWithin] }],
      items: [tag('a', { pushed: 1 }), tag('b', { pushed: 30 }), tag('c', { pushed: 30 + ms })],
      expected: { a: kept('KEEP_RECENT_PUSH'), b: kept('KEEP_RECENT_PUSH'), c: went },
    },
  ],
  [
    'pushed by a clock that is ahead',
    {
      sets: [{ delete: [pushedFor], keep: [pushedWithin] }],
      items: [tag('a', { pushed: -2 })],
      expected: { a: kept('KEEP_RECENT_PUSH') },
    },
  ],
  [
    'the first rule of keep that holds is named',
    {
      sets: [{ deleteTags: ['.*'], keep: [pushedWithin, pulledWithin] }],
      items: [tag('a', { pushed: 1, pulled: 1 }), tag('b', { pushed: 99, pulled: 1 })],
      expected: { a: kept('KEEP_RECENT_PUSH'), b: kept('KEEP_RECENT_PULL', 1) },
    },
  ],
  [
    'a pattern that keeps is named before rules',
    {
      sets: [{ keepTags: ['a'], keep: [pushedWithin] }],
      items: [tag('a', { pushed: 1 })],
      expected: { a: 'KEEP_REGEX policies[0].tags.keep[0]' },
    },
  ],
  [
    'a rule of keep is about tags that no pattern deletes as well',
    {
      sets: [{ deleteTags: ['x'], keep: [pushedWithin] }],
      policy: { default: 'delete' },
      items: [tag('a', { pushed: 1 }), tag('b')],
      expected: { a: kept('KEEP_RECENT_PUSH'), b: 'DEFAULT_DELETE' },
    },
  ],
  [
    'a keep by time of one set against a delete of another',
    {
      sets: [{ keep: [pushedWithin] }, { deleteTags: ['.*'] }],
      items: [tag('a', { pushed: 1 }), tag('b')],
      expected: { a: kept('KEEP_RECENT_PUSH'), b: 'DELETE_REGEX policies[1].tags.delete[0]' },
    },
  ],
  [
    'signed by one of those',
    {
      sets: [{ deleteTags: ['.*'], keep: [{ kind: 'signedBy', anyOf: ['targets/release', 'ops'] }] }],
      items: [tag('a', { signedBy: ['x', 'ops'] }), tag('b', { signedBy: ['targets/releases'] }), tag('c')],
      expected: { a: kept('KEEP_SIGNED'), b: went, c: went },
    },
  ],
  [
    'signed by keys: what cannot be looked at may be signed by one of them',
    {
      sets: [{ deleteTags: ['.*'], keep: [{ kind: 'signedBy', anyOf: ['targets/release', 'ops'] }] }],
      items: [
        tag('a', { signedBy: ['targets/release'], signersUnknown: 'no answer' }),
        tag('b', { signersUnknown: 'no answer' }),
        tag('c'),
      ],
      expected: { a: kept('KEEP_SIGNED'), b: kept('NO_DATA'), c: went },
    },
  ],
  [
    'signed by roles: what cannot be seen of keys says nothing',
    {
      sets: [{ deleteTags: ['.*'], keep: [{ kind: 'signedBy', anyOf: ['targets/release'] }] }],
      items: [tag('a', { signersUnknown: 'no answer' })],
      expected: { a: went },
    },
  ],
  [
    'labelled: name and value must be the same',
    {
      sets: [{ deleteTags: ['.*'], keep: [{ kind: 'label', labels: [['keep', 'yes']] }] }],
      items: [
        tag('a', { labels: { keep: 'yes', b: '1' } }),
        tag('b', { labels: { keep: 'no' } }),
        tag('c', { labels: {} }),
      ],
      expected: { a: kept('KEEP_LABEL'), b: went, c: went },
    },
  ],
  [
    'labelled: what cannot be read may be, and stays; a rule that holds is told rather',
    {
      sets: [{ deleteTags: ['.*'], keep: [{ kind: 'label', labels: [['keep', 'yes']] }, pushedWithin] }],
      items: [tag('a'), tag('b', { pushed: 1 }), tag('c', { labels: {} })],
      expected: { a: kept('NO_DATA'), b: kept('KEEP_RECENT_PUSH', 1), c: went },
    },
  ],
  [
    'labelled: all labels of one rule',
    {
      sets: [
        {
          deleteTags: ['.*'],
          keep: [
            {
              kind: 'label',
              labels: [
                ['a', '1'],
                ['b', '2'],
              ],
            },
          ],
        },
      ],
      items: [tag('a', { labels: { a: '1', b: '2' } }), tag('b', { labels: { a: '1' } })],
      expected: { a: kept('KEEP_LABEL'), b: went },
    },
  ],
  [
    'labelled: what every object has is no label',
    {
      sets: [{ deleteTags: ['.*'], keep: [{ kind: 'label', labels: [['constructor', 'Object']] }] }],
      items: [tag('a', { labels: {} })],
      expected: { a: went },
    },
  ],
]
