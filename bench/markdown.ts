export interface TableOptions {
  /** Name of a row of what is measured, and what it is. */
  readonly row: { readonly name: string; readonly title: string }
  readonly titles: readonly string[]
  readonly lines: readonly (readonly string[])[]
}

/** A table in Markdown under a heading. */
export function markdownTable({ row, titles, lines }: TableOptions): string {
  return [
    `## ${row.name}: ${row.title}`,
    '',
    `| ${titles.join(' | ')} |`,
    `|${' --- |'.repeat(titles.length)}`,
    ...lines.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n')
}

/** Empty where one of two was not measured. */
export function ratioText(ratio: number): string {
  return Number.isFinite(ratio) && ratio > 0 ? `${ratio.toFixed(ratio < 0.01 ? 4 : 2)} x` : ''
}

/** Where the median and the best round disagree about the limit, the machine was too noisy to tell. */
export function verdict(
  { median, best }: { readonly median: number; readonly best: number },
  isReached: (value: number) => boolean,
): string {
  if (!Number.isFinite(median) || !Number.isFinite(best)) return 'not compared'
  if (isReached(median) !== isReached(best)) return 'too noisy to tell'
  return isReached(median) ? 'reached' : 'missed'
}
