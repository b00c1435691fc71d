import type { GoldenRow } from './golden.ts'
import { tag } from './items.ts'
import { type DeleteParts, day } from './policies.ts'

const ms = 1 / day
const pushedFor: DeleteParts = { kind: 'olderThan', by: 'pushed', time: 90 * day }
const pulledFor: DeleteParts = { kind: 'olderThan', by: 'pulled', time: 90 * day }
const createdFor: DeleteParts = { kind: 'olderThan', by: 'created', time: 90 * day }
const unpulled: DeleteParts = { kind: 'notPulledFor', time: 90 * day }
const del = (reason: string, place = 0): string => `${reason} policies[0].delete[${place}]`

export const deleteRows: readonly GoldenRow[] = [
  [
    'older than, by push: a millisecond before, at it, after it',
    {
      sets: [{ delete: [pushedFor] }],
      items: [tag('a', { pushed: 90 - ms }), tag('b', { pushed: 90 }), tag('c', { pushed: 90 + ms })],
      expected: { a: 'DEFAULT_KEEP', b: del('DELETE_AGE'), c: del('DELETE_AGE') },
    },
  ],
  [
    'older than, by pull',
    {
      sets: [{ delete: [pulledFor] }],
      items: [tag('a', { pulled: 90 - ms }), tag('b', { pulled: 90 })],
      expected: { a: 'DEFAULT_KEEP', b: del('DELETE_AGE') },
    },
  ],
  [
    'older than, by creation: the push does not count',
    {
      sets: [{ delete: [createdFor] }],
      items: [tag('a', { created: 90 - ms }), tag('b', { created: 90, pushed: 1 })],
      expected: { a: 'DEFAULT_KEEP', b: del('DELETE_AGE') },
    },
  ],
  [
    'older than, by creation that nobody knows',
    {
      sets: [{ delete: [createdFor] }],
      items: [tag('a')],
      expected: { a: del('NO_DATA') },
    },
  ],
  [
    'not pulled: a millisecond before, at it',
    {
      sets: [{ delete: [unpulled] }],
      items: [tag('a', { pulled: 90 - ms }), tag('b', { pulled: 90 })],
      expected: { a: 'DEFAULT_KEEP', b: del('DELETE_UNPULLED') },
    },
  ],
  [
    'never pulled since it was pushed',
    {
      sets: [{ delete: [unpulled] }],
      items: [tag('a', { pushed: 90 - ms }), tag('b', { pushed: 90 })],
      expected: { a: 'DEFAULT_KEEP', b: del('DELETE_UNPULLED') },
    },
  ],
  [
    'never pulled, and pulls are known for too short a time',
    {
      sets: [{ delete: [unpulled] }],
      known: 90 - ms,
      items: [tag('a', { pushed: 400 }), tag('b', { pushed: 2 })],
      expected: { a: del('NO_DATA'), b: 'DEFAULT_KEEP' },
    },
  ],
  [
    'never pulled, and pulls are known for just long enough',
    {
      sets: [{ delete: [unpulled] }],
      known: 90,
      items: [tag('a', { pushed: 400 })],
      expected: { a: del('DELETE_UNPULLED') },
    },
  ],
  [
    'pulled long ago, before pulls were noted here',
    {
      sets: [{ delete: [unpulled] }],
      known: 10,
      items: [tag('a', { pushed: 400, pulled: 300 })],
      expected: { a: del('DELETE_UNPULLED') },
    },
  ],
  [
    'older than, by pull, without data',
    {
      sets: [{ delete: [pulledFor] }],
      known: 10,
      items: [tag('a', { pushed: 400 })],
      expected: { a: del('NO_DATA') },
    },
  ],
  [
    'a pattern and a condition: both must hold, and the condition gives the reason',
    {
      sets: [{ deleteTags: ['pr-.*'], delete: [pushedFor] }],
      items: [tag('pr-1', { pushed: 100 }), tag('pr-2', { pushed: 1 }), tag('main', { pushed: 100 })],
      expected: { 'pr-1': del('DELETE_AGE'), 'pr-2': 'DEFAULT_KEEP', main: 'DEFAULT_KEEP' },
    },
  ],
  [
    'two conditions: both must hold, and the first gives the reason',
    {
      sets: [{ delete: [unpulled, pushedFor] }],
      items: [
        tag('a', { pushed: 100, pulled: 95 }),
        tag('b', { pushed: 100, pulled: 1 }),
        tag('c', { pushed: 1, pulled: 95 }),
      ],
      expected: { a: del('DELETE_UNPULLED'), b: 'DEFAULT_KEEP', c: 'DEFAULT_KEEP' },
    },
  ],
  [
    'two conditions, of which one fails and one has no data',
    {
      sets: [{ delete: [createdFor, pushedFor] }],
      items: [tag('a', { pushed: 1 }), tag('b', { pushed: 100 })],
      expected: { a: 'DEFAULT_KEEP', b: del('NO_DATA') },
    },
  ],
  [
    'two conditions, of which the second has no data',
    {
      sets: [{ delete: [pushedFor, createdFor] }],
      items: [tag('a')],
      expected: { a: del('NO_DATA', 1) },
    },
  ],
  [
    'no data matters only where the pattern fits',
    {
      sets: [{ deleteTags: ['pr-.*'], delete: [createdFor] }],
      items: [tag('main'), tag('pr-1')],
      expected: { main: 'DEFAULT_KEEP', 'pr-1': del('NO_DATA') },
    },
  ],
  [
    'what lacks data for one set may go by another',
    {
      sets: [{ delete: [createdFor] }, { deleteTags: ['a'] }],
      items: [tag('a'), tag('b')],
      expected: { a: 'DELETE_REGEX policies[1].tags.delete[0]', b: del('NO_DATA') },
    },
  ],
  [
    'no data is stronger than delete by default',
    {
      sets: [{ delete: [createdFor] }],
      policy: { default: 'delete' },
      items: [tag('a'), tag('b', { created: 1 })],
      expected: { a: del('NO_DATA'), b: 'DEFAULT_DELETE' },
    },
  ],
]
