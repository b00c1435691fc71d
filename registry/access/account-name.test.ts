import test from 'ava'
import { problemOfAccountName } from './account-name.ts'

const good = [
  'ann',
  'Ann',
  'ann.b-c_d',
  'ann@example.org',
  'a b',
  '\u00e4nn',
  'a'.repeat(128),
  '\u{1f600}',
  '0',
  '__proto__',
]
for (const name of good)
  test(`${encodeURIComponent(name.toWellFormed())} is a name`, (t) => t.is(problemOfAccountName(name), undefined))

const bad: readonly [name: string, problem: RegExp][] = [
  ['', /empty/],
  ['a'.repeat(129), /more than 128/],
  ['a:b', /colon/],
  ['#a', /#/],
  [' a', /blank/],
  ['a\u00a0', /blank/],
  ['a\nb', /cannot be seen/],
  ['a\0', /cannot be seen/],
  ['a\u0085b', /cannot be seen/],
  ['a\u200bb', /cannot be seen/],
  ['a\u202eb', /cannot be seen/],
  ['a\u2028b', /cannot be seen/],
  ['a\ufeff', /cannot be seen/],
  ['a\ud800', /cannot be seen/],
  ['a\u0308nn', /NFC/],
  ['\u212bnn', /NFC/],
]
for (const [name, problem] of bad)
  test(`${encodeURIComponent(name.toWellFormed())} is none`, (t) => t.regex(problemOfAccountName(name) ?? '', problem))
