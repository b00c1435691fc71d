import type { GoldenRow } from './golden.ts'
import { tag } from './items.ts'

const del = (set: number, place: number): string => `DELETE_REGEX policies[${set}].tags.delete[${place}]`
const keep = (set: number, place: number): string => `KEEP_REGEX policies[${set}].tags.keep[${place}]`

export const patternRows: readonly GoldenRow[] = [
  [
    'a pattern on repository and tag',
    {
      sets: [{ keepImages: ['x', 'team/app:v.*'], deleteTags: ['.*'] }],
      items: [tag('v1'), tag('x')],
      expected: { v1: 'KEEP_REGEX policies[0].images.keep[1]', x: del(0, 0) },
    },
  ],
  ['no policy at all', { items: [tag('a')], expected: { a: 'DEFAULT_KEEP' } }],
  ['a rule set without rules', { sets: [{}], items: [tag('a')], expected: { a: 'DEFAULT_KEEP' } }],
  [
    'a pattern that deletes, and what it does not fit',
    {
      sets: [{ deleteTags: ['pr-.*'] }],
      items: [tag('pr-1'), tag('main')],
      expected: { 'pr-1': del(0, 0), main: 'DEFAULT_KEEP' },
    },
  ],
  [
    'a pattern must fit the whole tag',
    {
      sets: [{ deleteTags: ['pr'] }],
      items: [tag('pr'), tag('pr-1'), tag('a-pr')],
      expected: { pr: del(0, 0), 'pr-1': 'DEFAULT_KEEP', 'a-pr': 'DEFAULT_KEEP' },
    },
  ],
  [
    'the first pattern that fits is named',
    {
      sets: [{ deleteTags: ['x', 'pr-1', 'pr-.*'] }],
      items: [tag('pr-1'), tag('pr-2')],
      expected: { 'pr-1': del(0, 1), 'pr-2': del(0, 2) },
    },
  ],
  [
    'keep against delete in one set',
    {
      sets: [{ keepTags: ['v1', 'v.*'], deleteTags: ['.*'] }],
      items: [tag('v1'), tag('v2'), tag('w')],
      expected: { v1: keep(0, 0), v2: keep(0, 1), w: del(0, 0) },
    },
  ],
  [
    'a keep of a later set against a delete of an earlier one',
    {
      sets: [{ deleteTags: ['.*'] }, { keepTags: ['v1'] }],
      items: [tag('v1'), tag('v2')],
      expected: { v1: keep(1, 0), v2: del(0, 0) },
    },
  ],
  [
    'a keep of an earlier set against a delete of a later one',
    {
      sets: [{ keepTags: ['v1'] }, { deleteTags: ['.*'] }],
      items: [tag('v1'), tag('v2')],
      expected: { v1: keep(0, 0), v2: del(1, 0) },
    },
  ],
  [
    'two keeps: the first set is named',
    {
      sets: [{ keepTags: ['a'] }, { keepTags: ['.*'] }],
      items: [tag('a'), tag('b')],
      expected: { a: keep(0, 0), b: keep(1, 0) },
    },
  ],
  [
    'two deletes: the first set is named',
    {
      sets: [{ deleteTags: ['a'] }, { deleteTags: ['.*'] }],
      items: [tag('a'), tag('b')],
      expected: { a: del(0, 0), b: del(1, 0) },
    },
  ],
  [
    'a set of other repositories',
    {
      sets: [{ include: ['team/.*x'], deleteTags: ['.*'] }],
      items: [tag('a')],
      expected: { a: 'DEFAULT_KEEP' },
    },
  ],
  [
    'a set that includes the repository second',
    {
      sets: [{ include: ['x', 'team/app'], deleteTags: ['.*'] }],
      items: [tag('a')],
      expected: { a: del(0, 0) },
    },
  ],
  [
    'a set that includes and excludes the repository',
    {
      sets: [{ include: ['team/.*'], exclude: ['team/app'], deleteTags: ['.*'] }],
      items: [tag('a')],
      expected: { a: 'DEFAULT_KEEP' },
    },
  ],
  [
    'a set that excludes alone speaks of all others',
    {
      sets: [{ exclude: ['team/base'], deleteTags: ['.*'] }],
      items: [tag('a')],
      expected: { a: del(0, 0) },
    },
  ],
  [
    'a keep in a set of other repositories keeps nothing here',
    {
      sets: [{ deleteTags: ['.*'] }, { include: ['other'], keepTags: ['.*'] }],
      items: [tag('a')],
      expected: { a: del(0, 0) },
    },
  ],
  [
    'delete by default, where a set keeps some',
    {
      sets: [{ keepTags: ['v.*'] }],
      policy: { default: 'delete' },
      items: [tag('v1'), tag('a')],
      expected: { v1: keep(0, 0), a: 'DEFAULT_DELETE' },
    },
  ],
  [
    'delete by default is not about repositories without a set',
    {
      sets: [{ include: ['other'], keepTags: ['v.*'] }],
      policy: { default: 'delete' },
      items: [tag('a')],
      expected: { a: 'DEFAULT_KEEP' },
    },
  ],
  [
    'delete by default, and a pattern that deletes',
    {
      sets: [{ deleteTags: ['a'] }],
      policy: { default: 'delete' },
      items: [tag('a'), tag('b')],
      expected: { a: del(0, 0), b: 'DEFAULT_DELETE' },
    },
  ],
  [
    'delete by default does not wait for conditions',
    {
      sets: [{ delete: [{ kind: 'olderThan', by: 'pushed', time: 1e12 }] }],
      policy: { default: 'delete' },
      items: [tag('a')],
      expected: { a: 'DEFAULT_DELETE' },
    },
  ],
  [
    'tags of one digest are decided each by itself',
    {
      sets: [{ keepTags: ['latest'], deleteTags: ['.*'] }],
      items: [tag('latest', { digest: 'sha256:x' }), tag('v1', { digest: 'sha256:x' })],
      expected: { latest: keep(0, 0), v1: del(0, 0) },
    },
  ],
  [
    'only one set may delete: the other still keeps',
    {
      sets: [
        { id: 'a', deleteTags: ['x.*'] },
        { id: 'b', keepTags: ['y1'], deleteTags: ['y.*'] },
      ],
      only: ['b'],
      items: [tag('x'), tag('y'), tag('y1')],
      expected: { x: 'DEFAULT_KEEP', y: del(1, 0), y1: keep(1, 0) },
    },
  ],
  [
    'only one set may delete, and another keeps what it would',
    {
      sets: [
        { id: 'a', keepTags: ['y1'] },
        { id: 'b', deleteTags: ['y.*'] },
      ],
      only: ['b'],
      items: [tag('y'), tag('y1')],
      expected: { y: del(1, 0), y1: keep(0, 0) },
    },
  ],
  [
    'only one set may delete, which speaks of the repository: so may the default',
    {
      sets: [
        { id: 'a', keepTags: ['x'] },
        { id: 'b', include: ['other'] },
      ],
      only: ['a'],
      policy: { default: 'delete' },
      items: [tag('x'), tag('y')],
      expected: { x: keep(0, 0), y: 'DEFAULT_DELETE' },
    },
  ],
  [
    'only a set of other repositories may delete: nor may the default',
    {
      sets: [
        { id: 'a', keepTags: ['x'] },
        { id: 'b', include: ['other'] },
      ],
      only: ['b'],
      policy: { default: 'delete' },
      items: [tag('x'), tag('y')],
      expected: { x: keep(0, 0), y: 'DEFAULT_KEEP' },
    },
  ],
]
