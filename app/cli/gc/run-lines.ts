import type { Run } from '../../../retention/run/types.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { formatSize } from '../sizes.ts'
import { itemText } from './item-text.ts'

/** What became of a run, for people. */
export function runLines(run: Run, { canUndo }: { readonly canUndo: boolean }): string[] {
  return [
    `run ${run.id}: ${runText(run)}\n`,
    ...run.failures.map(({ item, message }) => {
      const name = item === undefined ? '' : `${itemText(item, { trunc: false })}: `
      return `failed: ${name}${sanitize(message)}\n`
    }),
    ...(canUndo && run.removed > 0 ? [`to take it back: ibuild gc undo ${run.id}\n`] : []),
  ]
}

/** One line: what was done, and how it ended where that was not as it should. */
export function runText({ mode, state, removed, drifted, gone, failed, restored, purged, freed }: Run): string {
  if (state === 'planned') return `planned alone, for mode is ${mode}`
  const counts = [
    `${removed} removed`,
    ...(freed > 0 ? [`${formatSize(freed)} freed`] : []),
    ...(drifted > 0 ? [`${drifted} no more as planned`] : []),
    ...(gone > 0 ? [`${gone} gone before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(restored > 0 ? [`${restored} given back`] : []),
    ...(purged > 0 ? [`${purged} purged`] : []),
  ].join(', ')
  return state === 'done' ? counts : `${state}: ${counts}`
}

/** The exit code of a command that waited for a run. */
export function runCode({ state, failed }: Run): number {
  return state === 'failed' || state === 'stopped' || failed > 0 ? 1 : 0
}
