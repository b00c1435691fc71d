import { openStore } from '../../builder/store/open.ts'
import { isReferrerTag } from '../../registry/client/images/referrer-tags.ts'
import { IbuildError, isIbuildError } from '../../shared/base/errors.ts'
import { parseReference, type Reference, shortName, withDefaultTag } from '../../shared/base/reference.ts'
import { parsePlatform } from '../../shared/oci/platform.ts'
import { createParser, parseArguments } from '../cli/arguments.ts'
import { maxLayersHelp, parseMaxLayers } from '../cli/build/layer-flags.ts'
import { dataFolder } from '../cli/data-folder.ts'
import {
  carryOutTransfer,
  declareTransferFlags,
  parallelOf,
  type TransferFlags,
  type TransferScope,
} from '../cli/transfer-command.ts'
import { beginTls } from '../cli/verify/begin-tls.ts'
import { trustChoiceOf } from '../cli/verify/lazy-verifier.ts'
import { withVerifier } from '../cli/verify/transfer-verifier.ts'
import type { VerifyFlags } from '../cli/verify/trust-choice.ts'
import { declareVerifyFlags, withDockerTrust } from '../cli/verify/verify-flags.ts'
import { type Pulled, type PullSettings, pullFrom } from '../transfer/pull.ts'

interface Flags extends TransferFlags, VerifyFlags {
  readonly root?: string
  readonly platform?: string
  readonly allTags?: boolean
  readonly maxLayers?: string
}

/** `ibuild pull NAME`: images of a registry into the store. */
export async function run(argv: readonly string[]): Promise<number> {
  const parser = createParser('pull', 'Bring an image of a registry into the store')
    .argument('<name>', 'name of the image: [host/]path[:tag][@digest]')
    .option('--platform <platform>', 'os/architecture[/variant] of the image (default: that of this machine)')
    .option('-a, --all-tags', 'all tags of the repository')
    .option('--max-layers <count>', maxLayersHelp)
  declareVerifyFlags(parser)
  declareTransferFlags(parser, { quiet: 'print the name only', usual: 3 })
  const { words, options: flags } = parseArguments<Flags>(parser, withDockerTrust(argv))
  const [word = ''] = words
  const asked = parseReference(word)
  const settings = settingsOf(flags)
  const [root, trust] = [dataFolder(flags.root), trustChoiceOf(flags)]
  if (trust.kind === 'on') beginTls()
  return carryOutTransfer(flags, async (scope) => {
    const references = flags.allTags === true ? await allTags(scope, asked) : []
    const store = openStore(root)
    const pulled = await withVerifier(scope, { root, trust }, async (verifier) => {
      const pull = (one: Reference): Promise<Pulled> => pullFrom(store, one, { ...scope, ...settings, verifier })
      return flags.allTags === true ? pullSigned(references, pull, scope) : [await pull(withDefaultTag(asked))]
    })
    const images = pulled.map(({ image, ...rest }) => ({ ...rest, imageID: image.imageID }))
    return { lines: pulled.flatMap((each) => linesOf(each, flags)), result: { images } }
  })
}

function settingsOf({ platform, maxLayers, ...flags }: Flags): PullSettings {
  return {
    platform: platform === undefined ? undefined : parsePlatform(platform),
    maxLayers: maxLayers === undefined ? undefined : parseMaxLayers(maxLayers),
    atOnce: parallelOf(flags),
  }
}

async function allTags({ client, signal }: TransferScope, asked: Reference): Promise<Reference[]> {
  const { domain, path, tag, digest } = asked
  if (tag !== undefined || digest !== undefined)
    throw new IbuildError('USAGE', '--all-tags takes a name without tag and digest')
  const references: Reference[] = []
  for await (const each of client.repository(asked).tags({ signal }))
    if (!isReferrerTag(each)) references.push({ domain, path, tag: each })
  if (references.length > 0) return references
  throw new IbuildError('REGISTRY_NOT_FOUND', `${domain}/${path} has no tags`)
}

/** Tags that must be signed and are not stay away, as with docker. Errors: TRUST_NOT_SIGNED when none of them is. */
async function pullSigned(
  references: readonly Reference[],
  pull: (one: Reference) => Promise<Pulled>,
  { emit }: Pick<TransferScope, 'emit'>,
): Promise<readonly Pulled[]> {
  const pulled: Pulled[] = []
  const unsigned: IbuildError[] = []
  for (const one of references) {
    try {
      pulled.push(await pull(one))
    } catch (error) {
      if (!isIbuildError(error, 'TRUST_NOT_SIGNED')) throw error
      unsigned.push(error)
      emit({ type: 'notice', message: `left out: ${error.message}` })
    }
  }
  if (pulled.length === 0 && unsigned[0] !== undefined) throw unsigned[0]
  return pulled
}

/** As docker tells it. */
function linesOf({ name, digest, isNew }: Pulled, { quiet }: Flags): string[] {
  if (quiet === true) return [name]
  const status = isNew ? 'Downloaded newer image for' : 'Image is up to date for'
  return [`Digest: ${digest}`, `Status: ${status} ${shortName(name)}`, name]
}
