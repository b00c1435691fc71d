import test from 'ava'
import * as fc from 'fast-check'
import { parseIgnore } from '../../builder/context/ignore.ts'
import { digestOf } from '../../shared/base/digest.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { applyChanges, bytesOf, type Change, changes, fuzz } from './fuzz.ts'

test.serial('names of images are read or refused', async (t) => {
  const words = [
    '/',
    ':',
    '@',
    '.',
    '-',
    '_',
    '__',
    '[::1]',
    'sha256:',
    digestOf('x'),
    'localhost',
    'A',
    '5000',
    '..',
    '\0',
    ' ',
    'é',
  ]
  const arbitrary = changes(words).map((list) => applyChanges(`host.example:5000/team/app:1.0@${digestOf('x')}`, list))
  await fuzz(t, { arbitrary, runs: 30_000, check: (text) => parseReference(text) })
})

test.serial('ignore files are read or refused, and match soon', async (t) => {
  const words = [
    '*',
    '**',
    '?',
    '[',
    ']',
    '[^a-',
    '\\',
    '!',
    '/',
    '..',
    '#',
    '\n',
    'a',
    '(',
    '{',
    '+',
    '\xff',
    '\0',
    '.*',
  ]
  const arbitrary = fc.tuple(
    changes(words),
    fc.constantFrom('**/*.log\n!a/**/b\n[a-c]?/x\n', 'a*b*c*d*e*f*\n', '**/**/**/x\n'),
  )
  const paths = ['a', 'a/b', `${'a'.repeat(200)}b`, 'a/'.repeat(60) + 'x', '\xff', 'x.log']
  const check = ([list, text]: [readonly Change[], string]): void => {
    const rules = parseIgnore(bytesOf(applyChanges(text, list)), '.dockerignore')
    for (const path of paths) rules.match(path)
  }
  await fuzz(t, { arbitrary, runs: 8000, check })
})
