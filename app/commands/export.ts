import { findSubject, wholeViewOf } from '../../builder/container/subject.ts'
import { flatTar } from '../../builder/export/flat-tar.ts'
import { writeBytes } from '../../builder/export/write-bytes.ts'
import { tellManyRecords } from '../../builder/layers/many-records.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { storeOf } from '../cli/open-store.ts'

interface Flags {
  readonly root?: string
  readonly output?: string
}

/** `ibuild export CONTAINER|IMAGE`: the root filesystem as one tar, on stdout or in a file. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('export', 'Write the root filesystem of a container or an image as one tar')
    .argument('<source>', 'container or image; a name of both is the container')
    .option('-o, --output <file>', 'file to write, or - (default: stdout)')
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const [source, ...extra] = words
  if (source === undefined || extra.length > 0)
    throw new IbuildError('USAGE', 'ibuild export takes one container or image')
  const dest = flags.output ?? '-'
  if (dest === '-' && process.stdout.isTTY) {
    throw new IbuildError('USAGE', 'an archive is not written to a terminal', {
      hint: 'Give -o FILE, or redirect stdout.',
    })
  }
  tellManyRecords()
  const store = storeOf(flags)
  const interrupt = onInterrupt()
  const lock = await store.lockShared({ signal: interrupt.signal, reading: true })
  try {
    const tar = flatTar(await wholeViewOf(store, findSubject(store, source), interrupt.signal))
    await writeBytes(tar, { dest, stdout: process.stdout, signal: interrupt.signal })
    return 0
  } finally {
    lock.release()
    interrupt.release()
  }
}
