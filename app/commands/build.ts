import { build } from '../../builder/build.ts'
import type { BuildOptions, BuildResult } from '../../builder/build-types.ts'
import type { DockerfileWarning } from '../../builder/dockerfile/types.ts'
import { IbuildError } from '../../shared/base/errors.ts'
import { lazyRegistries } from '../adapters/lazy-registries.ts'
import { parseArguments } from '../cli/arguments.ts'
import { explainFormat, withExplainValue } from '../cli/build/cache-flags.ts'
import { withSquashValue } from '../cli/build/layer-flags.ts'
import { type BuildFlags, buildParser } from '../cli/build-flags.ts'
import { buildMetadata, keepWarnings } from '../cli/build-metadata.ts'
import { toBuildOptions } from '../cli/build-options.ts'
import { dataFolder } from '../cli/data-folder.ts'
import { onInterrupt } from '../cli/interrupt.ts'
import { openRegistryClient } from '../cli/registry-client.ts'
import { checkSignFlags, signerFor } from '../cli/sign/sign-flags.ts'
import { trustChoiceOf, verifierFor } from '../cli/verify/lazy-verifier.ts'
import { withDockerTrust } from '../cli/verify/verify-flags.ts'
import type { Explanation } from '../explain/collect-explanation.ts'
import { createProgress } from '../progress/create-progress.ts'

/** `ibuild build`: prints the image ID on stdout, progress on stderr. */
export async function run(argv: readonly string[]): Promise<number> {
  const { words, options: flags } = parseArguments<BuildFlags>(
    buildParser(),
    withExplainValue(withSquashValue(withDockerTrust(argv))),
  )
  const [context, ...extra] = words
  if (context === undefined || extra.length > 0)
    throw new IbuildError('USAGE', 'ibuild build takes exactly one context')
  return carryOut(context, flags, (result, isTold) => showImage(result, { flags, isTold }))
}

/** Gets what a build made; `isTold` when the view of the progress has shown it. */
export type ShowResult = (result: BuildResult, isTold: boolean) => void

/** Builds as the flags say, with progress on stderr and the files that they ask for, and gives the exit code. */
export async function carryOut(context: string, flags: BuildFlags, show: ShowResult): Promise<number> {
  checkExplain(flags)
  checkSignFlags(flags)
  const [root, trust] = [dataFolder(flags.root), trustChoiceOf(flags)]
  const progress = await createProgress(progressKind(flags), process.stderr)
  const interrupt = onInterrupt()
  const registries = lazyRegistries(() => openRegistryClient(flags))
  const { images, publisher, client } = registries
  const onNotice = (message: string): void => progress.emit({ type: 'notice', message: `note: ${message}` })
  const verifier = verifierFor(trust, { root, client, onNotice })
  const onSigned = (message: string): void => progress.emit({ type: 'notice', message })
  const signer = signerFor(flags, { root, client, onNotice: onSigned })
  let explained: Explanation | undefined
  try {
    const options = await toBuildOptions(context, flags, root)
    if (signer !== undefined) checkSign(options)
    const { emit, warnings } = keepWarnings(progress.emit)
    explained = await explanationFor(flags, options)
    const asked = { ...options, images, publisher, ...(explained !== undefined && { explain: explained.add }) }
    const checked = { ...asked, ...(verifier !== undefined && { verifier }), ...(signer !== undefined && { signer }) }
    const result = await build({ ...checked, ownProcess: true, emit, signal: interrupt.signal })
    progress.close()
    await writeFiles(flags, result, warnings)
    const isTold = progress.finish({ result })
    if (!isTold || flags.explain === 'json') showExplanation(explained, flags, result)
    if (flags.explain !== 'json') show(result, isTold)
    return 0
  } catch (error) {
    progress.close()
    const isTold = progress.finish({ error })
    if (!isTold || flags.explain === 'json') showExplanation(explained, flags, undefined)
    if (!isTold) throw error
    const { exitCodeOf } = await import('../cli/report-error.ts')
    return exitCodeOf(error)
  } finally {
    progress.close()
    interrupt.release()
    await verifier?.close()
    await registries.close()
  }
}

/** Of a build that failed, without a result: what was compared until then. */
function showExplanation(
  explained: Explanation | undefined,
  { explain }: BuildFlags,
  result: BuildResult | undefined,
): void {
  if (explained === undefined) return
  if (explain === 'json') process.stdout.write(explained.json(result))
  else process.stderr.write(explained.text())
}

/** USAGE when there is nothing to sign. */
function checkSign({ outputs = [] }: BuildOptions): void {
  if (outputs.some(({ type }) => type === 'registry')) return
  throw new IbuildError('USAGE', '--sign is about what is pushed, and nothing is', { hint: 'Add --push.' })
}

/** USAGE when text would stand between the lines of a `--progress rawjson` that was asked for. */
function checkExplain(flags: BuildFlags): void {
  if (explainFormat(flags) !== 'text' || flags.quiet === true || flags.progress !== 'rawjson') return
  throw new IbuildError('USAGE', '--explain prints text between the JSON lines of --progress rawjson', {
    hint: 'Take --explain=json: it prints to stdout.',
  })
}

/** What `--explain` asks for; its code is loaded only then. */
async function explanationFor(flags: BuildFlags, options: BuildOptions): Promise<Explanation | undefined> {
  const format = explainFormat(flags)
  if (format === undefined) return undefined
  const { checkStdout, collectExplanation } = await import('../explain/collect-explanation.ts')
  if (format === 'json') checkStdout(options)
  return collectExplanation()
}

/** The files that tell what was built. */
async function writeFiles(
  { iidfile, metadataFile }: BuildFlags,
  result: BuildResult,
  warnings: readonly DockerfileWarning[],
): Promise<void> {
  if (iidfile === undefined && metadataFile === undefined) return
  const { writeFile } = await import('../../builder/export/write-file.ts')
  if (iidfile !== undefined) await writeFile(iidfile, Buffer.from(result.imageID))
  if (metadataFile !== undefined) await writeFile(metadataFile, Buffer.from(buildMetadata(result, warnings)))
}

/** --quiet, --progress, IBUILD_PROGRESS: the first that says something. */
function progressKind({ quiet, progress }: BuildFlags): string {
  return quiet === true ? 'quiet' : (progress ?? (process.env['IBUILD_PROGRESS'] || 'auto'))
}

interface Shown {
  readonly flags: BuildFlags
  readonly isTold: boolean
}

function showImage(result: BuildResult, { flags: { quiet }, isTold }: Shown): void {
  if (result.wroteToStdout) return
  process.stdout.write(`${result.imageID}\n`)
  if (quiet !== true && !isTold) for (const name of result.tags) process.stderr.write(`tagged ${name}\n`)
}
