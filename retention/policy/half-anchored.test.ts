import test from 'ava'
import { halfAnchored } from './half-anchored.ts'

const refused: readonly (readonly [regex: string, instead: string])[] = [
  ['^prod/', '^prod/.*'],
  ['v1$', '.*v1$'],
  ['^v\\d+', '^v\\d+.*'],
  ['^v1\\.', '^v1\\..*'],
  ['^v1\\$', '^v1\\$.*'],
  ['^v1\\.*', '^v1\\.*.*'],
  ['^[$]', '^[$].*'],
  ['^(v|w)', '^(v|w).*'],
  ['^prod/|^base/.*', '^prod/.*'],
  ['x|^base/', '^base/.*'],
  ['(?:^prod/|x)', '^prod/.*'],
  ['((?i:^v))', '^v.*'],
  ['(?i)^RC', '^RC.*'],
  ['\\Av', '\\Av.*'],
  ['v\\z', '.*v\\z'],
  ['a\\\\$', '.*a\\\\$'],
  ['\\Q|\\E$', '.*\\Q|\\E$'],
]
for (const [regex, instead] of refused)
  test(`one side only: ${regex}`, (t) =>
    t.true(halfAnchored(regex)?.startsWith(`write ${instead} for`), halfAnchored(regex)))

const whole = [
  '',
  'v1',
  '^v1$',
  '^v.*',
  '^v.+',
  '^v.*?',
  '.*rc$',
  '(?<branch>.+)-rc$',
  '^(?:v.*)',
  '^a$|^b$',
  'a|b',
  '(^a$)',
  '.*(?:^ubuntu:).*',
  '[^a]x',
  '[|^]',
  '\\^v',
  'v\\$',
  '^a\\\\$',
  '(a)|(b)',
  '\\Av\\z',
  '[[:alpha:]|^]x',
  '(?i)^v$',
]
for (const regex of whole) test(`all is said: ${regex || 'no text'}`, (t) => t.is(halfAnchored(regex), undefined))
