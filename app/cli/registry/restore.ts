import type { ReadReport } from '../../../registry/backup/read-backup.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { dataFolder } from '../data-folder.ts'
import { interruptible } from '../interrupt.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { contentJson, contentText } from './backup-text.ts'
import { readWholeBackup } from './read-whole-backup.ts'

interface Flags {
  readonly root?: string
  readonly dryRun?: boolean
  readonly skipDamaged?: boolean
  readonly json?: boolean
}

/** `ibuild registry restore FILE|DIR|-` */
export async function run(argv: readonly string[]): Promise<number> {
  return runRestore('registry', argv)
}

const help = (name: string): string => `
The data folder must be empty, or not there. It is whole or not there at all: over what a killed
restore left no server starts, and restoring again into the same folder is fine.
The exit code is 1 when blobs are missing, with --skip-damaged too: a push of them heals that.
  ibuild ${name} restore /mnt/backup/${name}/ --root /srv/ibuild`

/** `ibuild registry restore` and `ibuild notary restore`: what is restored is what the backup has. */
export async function runRestore(name: 'registry' | 'notary', argv: readonly string[]): Promise<number> {
  const parser = createParser(`${name} restore`, 'Make a data folder of a backup, every byte verified')
    .argument('<backup>', `file or folder that ibuild ${name} backup made, or - for stdin`)
    .option('--dry-run', 'verify all of the backup, and write nothing')
    .option('--skip-damaged', 'restore what is whole also when blobs of the backup are damaged or missing')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help(name))
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [from = ''] = words
  return interruptible((signal) => restore(from, flags, signal))
}

async function restore(from: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const root = dataFolder(flags.root)
  const skipsDamaged = flags.skipDamaged === true
  const report = await readWholeBackup(from, { signal, skipsDamaged, ...(flags.dryRun !== true && { root }) })
  await writeLines([flags.json === true ? jsonText(summary(report)) : describe(report, flags, root)])
  return lacking(report).length === 0 ? 0 : 1
}

function lacking({ missing, damaged }: ReadReport): readonly string[] {
  return [...missing, ...damaged]
}

function summary({ manifest, blobs, missing, damaged }: ReadReport): object {
  return { ...contentJson(manifest), blobs, missing, damaged }
}

function describe(report: ReadReport, { dryRun = false }: Flags, root: string): string {
  const { manifest, blobs } = report
  return [
    `${dryRun ? 'verified' : `restored into ${root}`}: ${contentText(manifest, blobs)}, as of ${manifest.at}\n`,
    ...report.missing.map((digest) => `missing, as it was in the registry already: ${digest}\n`),
    ...report.damaged.map((digest) => `missing, as it is damaged in the backup: ${digest}\n`),
  ].join('')
}
