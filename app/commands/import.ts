import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { importRootfs } from '../../builder/export/import.ts'
import { errnoOf, IbuildError } from '../../shared/base/errors.ts'
import { fullName } from '../../shared/base/reference.ts'
import { parsePlatform } from '../../shared/oci/platform.ts'
import { collect, createParser, parseArguments } from '../cli/arguments.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { namingArchive } from '../cli/naming-archive.ts'
import { storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly change?: string[]
  readonly message?: string
  readonly platform?: string
}

/** `ibuild import FILE|- [NAME]`: prints the image ID. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('import', 'Make an image from a root filesystem tar')
    .argument('<file>', 'tar, possibly compressed, or - for stdin')
    .argument('[name]', 'name of the image')
    .option(
      '-c, --change <instruction>',
      'Dockerfile instruction for the config, for example CMD ["sh"] (repeat)',
      collect,
    )
    .option('-m, --message <text>', 'comment of the history entry')
    .option('--platform <os/arch>', 'what the image runs on (default: this machine)')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [file, name, ...extra] = words
  if (file === undefined || extra.length > 0) throw new IbuildError('USAGE', 'ibuild import takes FILE and NAME')
  const asked = {
    changes: flags.change ?? [],
    message: flags.message ?? `imported from ${file}`,
    name: name === undefined ? undefined : fullName(name),
    platform: flags.platform === undefined ? undefined : parsePlatform(flags.platform),
    now: new Date(),
  }
  const source = await openSource(file)
  const interrupt = onInterrupt()
  try {
    const image = await importRootfs(storeOf(flags), source, { ...asked, signal: interrupt.signal })
    process.stdout.write(`${image.imageID}\n`)
    return 0
  } catch (error) {
    throw namingArchive(error, file)
  } finally {
    interrupt.release()
  }
}

async function openSource(file: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return process.stdin
  if (/^https?:\/\//.test(file)) {
    throw new IbuildError('USAGE', `ibuild import fetches nothing: ${file}`, {
      hint: `Fetch it first, for example: curl -L URL | ibuild import - NAME`,
    })
  }
  if (await isFolder(file)) {
    throw new IbuildError('USAGE', `${file} is a folder, not a tar`, {
      hint: `Pack it: tar -C ${file} -c . | ibuild import - NAME`,
    })
  }
  return createReadStream(file, { highWaterMark: 1 << 20 })
}

async function isFolder(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isDirectory()
  } catch (error) {
    throw new IbuildError('USAGE', `cannot read ${file}: ${errnoOf(error) ?? String(error)}`, {
      cause: error,
      hint: 'Name a tar of a root filesystem, or - for stdin.',
    })
  }
}
