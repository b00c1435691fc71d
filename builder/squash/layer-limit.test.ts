import test from 'ava'
import { isIbuildError } from '../../shared/base/errors.ts'
import { checkDepth, limitOf } from './layer-limit.ts'

const check = { subject: 'the image', hint: 'Merge some.' }

const warnings: readonly [layers: number, forDocker: boolean, wanted: RegExp | undefined][] = [
  [0, false, undefined],
  [109, false, undefined],
  [110, false, /has 110 layers, and 127 is the most/],
  [125, false, /has 125 layers, and 127/],
  [125, true, /has 125 layers/],
  [126, false, /has 126 layers: docker's daemon refuses it/],
  [127, false, /has 127 layers: docker's daemon refuses it/],
]

for (const [layers, forDocker, wanted] of warnings) {
  test(`${layers} layers${forDocker ? ' for docker' : ''} ${wanted === undefined ? 'pass' : 'warn'}`, (t) => {
    const warning = checkDepth(layers, { ...check, forDocker })
    if (wanted === undefined) t.is(warning, undefined)
    else t.regex(warning ?? '', wanted)
  })
}

test('a number of layers that was asked for is told only when docker would refuse it', (t) => {
  t.is(checkDepth(125, { ...check, isAsked: true }), undefined)
  t.regex(checkDepth(126, { ...check, isAsked: true }) ?? '', /docker's daemon refuses it/)
})

for (const [layers, forDocker, most] of [
  [128, false, 127],
  [126, true, 125],
] as const) {
  test(`${layers} layers${forDocker ? ' for docker' : ''} are refused`, (t) => {
    const error = t.throws(() => checkDepth(layers, { ...check, forDocker, detail: 'lines 1-9' }))
    t.true(isIbuildError(error, 'LAYER_LIMIT'))
    t.like(error, { exitCode: 3, hint: 'Merge some.' })
    t.regex(
      error?.message ?? '',
      new RegExp(`the image has ${layers} layers \\(lines 1-9\\): .*at most|most is ${most}`),
    )
  })
}

test('auto is what the receivers take, a number what was asked for', (t) => {
  t.is(limitOf('auto', { forDocker: false }), 127)
  t.is(limitOf('auto', { forDocker: true }), 125)
  t.is(limitOf(3, { forDocker: true }), 3)
})

for (const most of [0, -1, 1.5, 128, Number.NaN]) {
  test(`at most ${most} layers is wrong usage`, (t) => {
    t.throws(() => limitOf(most, { forDocker: false }), { code: 'USAGE' })
  })
}
