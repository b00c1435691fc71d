import test from 'ava'
import { applyCheck, parseCheckOptions } from './check-options.ts'
import { parseDockerfile } from './parse.ts'

const location = { file: 'Dockerfile', startLine: 1, endLine: 1, text: '' }

test('the options of a check directive', (t) => {
  const none = { skip: new Set(), experimental: new Set(), error: false }
  t.deepEqual(parseCheckOptions('', location), none)
  t.deepEqual(parseCheckOptions('skip=A,B;error=true', location), { ...none, skip: new Set(['A', 'B']), error: true })
  t.deepEqual(parseCheckOptions('skip=all;experimental=X', location), {
    ...none,
    skip: 'all',
    experimental: new Set(['X']),
  })
  t.deepEqual(parseCheckOptions('experimental=all;error=0 and a remark', location), { ...none, experimental: 'all' })
})

for (const text of ['skip', '=x', 'Skip=A', 'skip=A;', 'error=', 'error=yes', 'warn=true']) {
  test(`check=${text} is refused`, (t) => {
    t.throws(() => parseCheckOptions(text, location), { code: 'DOCKERFILE_SYNTAX' })
  })
}

const { warnings, directives } = parseDockerfile(
  Buffer.from(
    [
      '# check=skip=MaintainerDeprecated',
      'FROM scratch AS Name',
      'MAINTAINER me',
      'CMD a',
      '# check=skip=JSONArgsRecommended',
      'CMD b',
    ].join('\n'),
  ),
  'Dockerfile',
)
const none = parseCheckOptions('', location)

function rules(check: string, local = directives.local): string[] {
  const options = parseCheckOptions(check, location)
  return applyCheck(warnings, { options, local }).warnings.map(({ rule, location: at }) => `${rule}:${at.startLine}`)
}

test('warnings are unfiltered until a check is applied', (t) => {
  t.deepEqual(
    warnings.map(({ rule }) => rule),
    [
      'StageNameCasing',
      'MaintainerDeprecated',
      'MultipleInstructionsDisallowed',
      'JSONArgsRecommended',
      'JSONArgsRecommended',
    ],
  )
})

test('a directive skips everywhere, a comment for one instruction', (t) => {
  t.deepEqual(rules(directives.check ?? ''), [
    'StageNameCasing:2',
    'MultipleInstructionsDisallowed:4',
    'JSONArgsRecommended:4',
  ])
  t.deepEqual(rules('skip=JSONArgsRecommended,StageNameCasing', []), [
    'MaintainerDeprecated:3',
    'MultipleInstructionsDisallowed:4',
  ])
  t.deepEqual(rules('skip=all'), [])
})

test('error=true names the rules that fail the build', (t) => {
  const failing = (check: string) =>
    applyCheck(warnings, { options: parseCheckOptions(check, location), local: directives.local }).failing
  t.deepEqual(failing('skip=JSONArgsRecommended,MaintainerDeprecated;error=true'), [
    'MultipleInstructionsDisallowed',
    'StageNameCasing',
  ])
  t.deepEqual(failing('skip=all;error=true'), [])
  t.deepEqual(applyCheck(warnings, { options: none }).failing, [])
})
