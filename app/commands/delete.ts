import { type Deletion, deleteImage } from '../../registry/client/images/delete-image.ts'
import { cancellable } from '../../shared/base/abort.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { familiarName, parseReference, type Reference, withDefaultTag } from '../../shared/base/reference.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { declareRegistryFlags, openRegistryClient, type RegistryFlags } from '../cli/registry-client.ts'
import { describeError, exitCodeOf } from '../cli/report-error.ts'
import { sanitize } from '../progress/sanitize.ts'
import { notInRegistry } from '../transfer/not-in-registry.ts'
import { placeOf } from '../transfer/remote-place.ts'

interface Flags extends RegistryFlags {
  readonly manifest?: boolean
  readonly force?: boolean
}

const help = `
NAME:TAG     the tag goes, what it meant stays under its digest and its other tags.
             Some registries cannot do that: then --manifest deletes what it means.
NAME@DIGEST  the manifest goes; when it has tags, only with --force, and they go too.
Layers are freed by the registry, when it collects garbage.`

/** `ibuild delete NAME...`: tags and manifests of registries. Goes on after a failure. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('delete', 'Delete tags and manifests of a registry')
    .argument('<name...>', 'host/path:tag or host/path@digest')
    .option('--manifest', 'delete the manifest that a tag means, not the tag alone')
    .option('-f, --force', 'a manifest goes with all its tags; what is not there is no failure')
    .addHelpText('after', help)
  declareRegistryFlags(parser)
  const { words, options: flags } = parseArguments<Flags>(parser, argv)
  const references = words.map((word) => explicit(parseReference(word), word))
  const interrupt = onInterrupt()
  const client = await openRegistryClient(flags)
  try {
    const codes: number[] = []
    for (const reference of references) {
      const options = { ...flags, signal: interrupt.signal }
      codes.push(
        await tell(async () =>
          cancellable(interrupt.signal, async () => {
            const deleted = await deleteImage(placeOf(client, reference), options)
            if (deleted === undefined && flags.force !== true)
              throw await notInRegistry(client, reference, interrupt.signal)
            return deleted === undefined ? [] : linesOf(reference, deleted)
          }),
        ),
      )
    }
    return Math.max(...codes)
  } finally {
    interrupt.release()
    await client.close()
  }
}

/** What is deleted is said in so many words: there is no `latest` by default. */
function explicit(reference: Reference, word: string): Reference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference
  throw new IbuildError('USAGE', `${word} has neither tag nor digest`, {
    hint: `Write ${familiarName(withDefaultTag(reference))}, or what else is meant.`,
  })
}

async function tell(work: () => Promise<readonly string[]>): Promise<number> {
  try {
    for (const line of await work()) process.stdout.write(`${sanitize(line)}\n`)
    return 0
  } catch (error) {
    if (!isIbuildError(error) || isIbuildError(error, 'CANCELLED')) throw error
    process.stderr.write(describeError(error))
    return exitCodeOf(error)
  }
}

function linesOf({ domain, path }: Reference, { tags, digest }: Deletion): string[] {
  const untagged = tags.map((tag) => `untagged: ${familiarName({ domain, path, tag })}`)
  return digest === undefined ? untagged : [...untagged, `deleted: ${familiarName({ domain, path, digest })}`]
}
