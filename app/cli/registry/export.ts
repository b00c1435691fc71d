import { resolve } from 'node:path'
import type { ExportNote, ExportReport } from '../../../registry/export/export-layouts.ts'
import { sanitize } from '../../progress/sanitize.ts'
import { createParser, parseArguments } from '../arguments.ts'
import { interruptible } from '../interrupt.ts'
import { jsonText } from '../json-text.ts'
import { writeLines } from '../write-lines.ts'
import { useAdmin } from './use-admin.ts'

interface Flags {
  readonly root?: string
  readonly all?: boolean
  readonly copy?: boolean
  readonly update?: boolean
  readonly json?: boolean
}

const help = `
Each repository becomes a layout of its own, DIR/team/app for team/app, with its tags as names:
skopeo reads oci:DIR/team/app:1. Blobs are hard links to those of the registry where that can be:
nobody may write to them in place then; --copy makes copies. Pushes may go on meanwhile. An export
that was cut off, as by Ctrl-C, is gone on with by the same command. Nothing that is there is
overwritten. The server that runs does the work, so DIR must be one that it may write to.`

/** `ibuild registry export DIR [REPO[:TAG]...]` */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('registry export', 'Write repositories of the registry as OCI image layouts')
    .argument('<dir>', 'folder for the layouts; made when it is not there')
    .argument('[repositories...]', 'path, or path:tag; all without any')
    .option('--all', 'also manifests without a tag, such as signatures')
    .option('--copy', 'copy blobs, where they could be linked to')
    .option('--update', 'move tags of an earlier export that lead elsewhere now')
    .option('--json', 'print a JSON object')
    .addHelpText('after', help)
    .allowExcessArguments(false)
  const { options: flags, words } = parseArguments<Flags>(parser, argv)
  const [folder = '', ...references] = words
  const { all: isAll = false, copy: isCopy = false, update: isUpdate = false } = flags
  const request = { folder: resolve(folder), references, isAll, isCopy, isUpdate }
  return interruptible(async (signal) => {
    const report = await useAdmin(flags, (admin) => admin.exportLayouts(request, signal))
    for (const line of noteLines(report)) process.stderr.write(line)
    await writeLines([flags.json === true ? jsonText(report) : summary(report)])
    return report.left.length > 0 ? 1 : 0
  })
}

function noteLines({ left, sparse }: ExportReport): string[] {
  const lines = (notes: readonly ExportNote[], what: string): string[] =>
    notes.map(({ place, about }) => `${what} ${sanitize(place)}: ${sanitize(about)}\n`)
  return [...lines(sparse, 'not whole here either:'), ...lines(left, 'left out:')]
}

function summary({ repositories, tags, manifests, linked, copied, there }: ExportReport): string {
  const blobs = `blobs: ${linked} linked, ${copied} copied, ${there} were there`
  return `${repositories} repositories, ${tags} tags, ${manifests} manifests; ${blobs}\n`
}
