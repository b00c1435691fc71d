import type { DigestAlgorithm } from '../../../shared/base/digest.ts'
import type { Scene } from './scene.ts'

/** How strongly the specification asks for it; `Docker` for what only Docker's registry API has, `ours` for more than that. */
export type Level = 'MUST' | 'SHOULD' | 'MAY' | 'Docker' | 'ours'

/** One sentence of the specification, and how to see whether a registry keeps it. */
export interface Check {
  /** Short and stable, for lists of known failures; ends with the algorithm where it is not sha256. */
  readonly id: string
  /** Section of the OCI distribution-spec, or of another document. */
  readonly section: string
  readonly level: Level
  /** What the registry does. */
  readonly says: string
  readonly algorithm: DigestAlgorithm
  /** Rejects when the registry does not. */
  run(scene: Scene): Promise<void>
}

type Run = Check['run']
export type Sentence = readonly [id: string, level: Level, says: string, run: Run]

/** Checks of a section that have nothing to do with digests. */
export function checks(section: string, sentences: readonly Sentence[]): readonly Check[] {
  return sentences.map((sentence) => checkOf(section, sentence, 'sha256'))
}

/** Checks of a section, each once for sha256 and once for sha512. */
export function digestChecks(section: string, sentences: readonly Sentence[]): readonly Check[] {
  return sentences.flatMap((sentence) => [checkOf(section, sentence, 'sha256'), checkOf(section, sentence, 'sha512')])
}

function checkOf(section: string, [id, level, says, run]: Sentence, algorithm: DigestAlgorithm): Check {
  return { id: algorithm === 'sha256' ? id : `${id}/${algorithm}`, section, level, says, algorithm, run }
}

/** The title of its test. */
export function titleOf({ section, level, says, id }: Check): string {
  return `${section} (${level}): ${says} [${id}]`
}
