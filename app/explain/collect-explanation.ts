import type { BuildOptions, BuildResult } from '../../builder/build-types.ts'
import type { StepExplanation } from '../../builder/explain/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { explanationJson } from './explanation-json.ts'
import { explanationText } from './explanation-text.ts'

/** What `--explain` gathers while a build goes on. */
export interface Explanation {
  readonly add: (step: StepExplanation) => void
  /** In the order of the steps' numbers, when the build is over. */
  readonly text: () => string
  /** Without a result the build failed. */
  readonly json: (result?: BuildResult) => string
}

export function collectExplanation(): Explanation {
  const steps: StepExplanation[] = []
  const ordered = (): StepExplanation[] => steps.toSorted((a, b) => a.step - b.step)
  return {
    add: (step) => steps.push(step),
    text: () => explanationText(ordered()),
    json: (result) => explanationJson(result, ordered()),
  }
}

/** USAGE when both the document and an output would go to stdout. */
export function checkStdout({ outputs = [] }: BuildOptions): void {
  if (!outputs.some((output) => 'dest' in output && output.dest === '-')) return
  throw new IbuildError('USAGE', '--explain=json and an output with dest=- cannot both go to stdout', {
    hint: 'Give the output a path.',
  })
}
