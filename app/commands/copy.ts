import { IbuildError } from '../../shared/base/errors.ts'
import { parseReference } from '../../shared/base/reference.ts'
import { parsePlatform } from '../../shared/oci/platform.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { dataFolder } from '../cli/data-folder.ts'
import { declareExpectedTag, type ExpectedTagFlags, expectedTagOf } from '../cli/expected-tag.ts'
import { carryOutTransfer, declareTransferFlags, parallelOf, type TransferFlags } from '../cli/transfer-command.ts'
import { trustChoiceOf } from '../cli/verify/lazy-verifier.ts'
import { withVerifier } from '../cli/verify/transfer-verifier.ts'
import type { VerifyFlags } from '../cli/verify/trust-choice.ts'
import { declareVerifyFlags, withDockerTrust } from '../cli/verify/verify-flags.ts'
import { copyTo } from '../transfer/copy.ts'

interface Flags extends TransferFlags, ExpectedTagFlags, VerifyFlags {
  readonly root?: string
  readonly all?: boolean
  readonly platform?: string
  readonly referrers?: boolean
  readonly layerIndexes?: boolean
}

const help = `
What is copied keeps its bytes and digests; nothing is stored here. Blobs that the other side has
are not sent, those of the same registry are mounted. A copy that broke off goes on where it was.`

/** `ibuild copy SOURCE TARGET`: from registry to registry. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('copy', 'Copy an image from registry to registry')
    .argument('<source>', 'what to copy: [host/]path[:tag][@digest]')
    .argument('<target>', 'where to; without a tag it gets that of the source')
    .option('--all', 'all platforms of an index (the default)')
    .option('--platform <platform>', 'of an index only the image for os/architecture[/variant]')
    .option('--referrers', 'signatures and whatever else refers to it, too')
    .option('--no-layer-indexes', 'leave the published layer indexes of images behind')
    .addHelpText('after', help)
  declareVerifyFlags(declareExpectedTag(parser))
  declareTransferFlags(parser, { quiet: 'print the digest only', usual: 4 })
  const { words, options: flags } = parseArguments<Flags>(parser, withDockerTrust(argv))
  const [from = '', to = ''] = words
  if (flags.all === true && flags.platform !== undefined)
    throw new IbuildError('USAGE', '--all and --platform contradict each other')
  const [source, target] = [parseReference(from), parseReference(to)]
  if (target.tag !== undefined && target.digest !== undefined)
    throw new IbuildError('USAGE', 'the target has a tag or a digest, not both')
  const platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform)
  const { referrers, layerIndexes } = flags
  const expected = expectedTagOf(flags)
  if (expected !== undefined && target.digest !== undefined)
    throw new IbuildError('USAGE', '--if-match and --if-new are about a tag, and the target has none')
  const options = { platform, referrers, layerIndexes, expected, atOnce: parallelOf(flags) }
  const how = { root: dataFolder(flags.root), trust: trustChoiceOf(flags) }
  return carryOutTransfer(flags, async (scope) => {
    const copied = await withVerifier(scope, how, async (verifier) =>
      copyTo(source, target, { ...scope, ...options, verifier }),
    )
    return {
      lines: flags.quiet === true ? [copied.digest] : [`Digest: ${copied.digest}`, copied.name],
      result: { ...copied },
    }
  })
}
